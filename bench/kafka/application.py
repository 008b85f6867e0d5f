"""One application of `parcours run`: its configuration, its topics, its process, its metrics."""

import math
import re
import shutil
import time
import urllib.request

from broker import ROOT  # noqa: F401  (its import makes `kafka` known)
from kafka import free_ports

import machine
from rig import Failed, end, until

READY_SECONDS = 900  # also where everything is restored from the changelog
BUSY_SHARE = 0.8  # of all lanes together, once nothing is left to do; one at work has 1
BUILD_INFO = re.compile(r'(?<=[{,])(version|commit|rocksdb|rdkafka)="([^"]*)"')
MEMORY_MORE = 0.15  # than `memory` says, at most
SAMPLE = re.compile(r"^(\w+)(?:\{[^}]*\})? (\S+)$", re.M)


def mebibytes(size):
    """Of what a configuration says: "656MB", "4GB"."""
    return int(size[:-2]) * {"MB": 1, "GB": 1024}[size[-2:]]


class Application:
    """Used by one thread."""

    def __init__(self, rig, name, weight, lanes=2, memory="4GB", partitions=16, program=None):
        self.rig, self.name, self.weight = rig, name, weight
        self.program = program or rig.parcours
        self.lanes, self.memory, self.partitions = lanes, memory, partitions
        self.definitions = rig.definitions[weight]
        self.data = rig.folder / name
        self.log = rig.folder / f"{name}.log"
        self.config = rig.folder / f"{name}.yaml"
        (self.port,) = free_ports(1)
        self.process = None
        self.config.write_text(
            f"application: {name}\nbrokers: {rig.broker.brokers}\n"
            f"definitions: {self.definitions}\ndata: {self.data}\n"
            f"instance: bench\nlanes: {lanes}\nmemory: {memory}\n"
            f"http: {{address: 127.0.0.1, port: {self.port}}}\n"
        )
        self.make_topics(name)

    def make_topics(self, name):
        """Those of `name`, as ours are."""
        self.rig.run(
            [self.rig.parcours, "topics", "apply", "--config", self.config]
            + ["--set", f"application={name}"]
            + ["--partitions", str(self.partitions), "--replication", "1"]
        )

    def start(self):
        """Starts it and waits until it is ready; gives how long that took."""
        began = time.monotonic()
        words = [self.program, "run", "--config", self.config]
        self.process = self.rig.start(words, self.log)
        ready = until(
            READY_SECONDS, lambda: self.ended() or b'"ready":true' in self.get("readyz"), 0.02
        )
        if self.ended() or not ready:
            raise Failed(f"parcours run was not ready: {self.said()}")
        took = time.monotonic() - began
        self.rig.build_info = dict(BUILD_INFO.findall(self.get("metrics").decode()))
        return took

    def ended(self):
        return self.process.poll() is not None

    def said(self):
        return self.log.read_text(errors="replace")[-1000:]

    def stop(self):
        code = end(self.process)
        if code != 0:
            raise Failed(f"parcours run ended with {code}: {self.said()}")

    def forget(self):
        """Its folder is gone, as that of a machine that was lost."""
        shutil.rmtree(self.data)

    # --- what it says of itself

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=10) as reply:
                return reply.read()
        except OSError:
            return b""

    def metrics(self):
        """{name: the sum of its series}, without `parcours_`."""
        found = {}
        for name, value in SAMPLE.findall(self.get("metrics").decode()):
            name = name.removeprefix("parcours_")
            found[name] = found.get(name, 0) + float(value)
        return found

    def pids(self):
        return {"parcours": self.process.pid, "broker": self.rig.broker.process.pid}

    def settle(self, seconds):
        """Waits until nothing lags and its lanes wait for more, for two seconds in a row."""
        calm = 0
        limit = time.monotonic() + seconds
        while calm < 4 and time.monotonic() < limit:
            if self.ended():
                raise Failed(f"parcours run ended: {self.said()}")
            metrics = self.metrics()
            # Its own ticks, one a partition, come and go.
            read = metrics.get("consumer_lag_records", math.inf) <= self.partitions
            # What is due follows what was read, and may take seconds more.
            idle = metrics.get("poll_idle_ratio", 0) >= self.lanes - BUSY_SHARE
            calm = calm + 1 if read and idle else 0
            time.sleep(0.5)
        if calm < 4:
            raise Failed("parcours run did not come to the end of its events")

    def memory_mib(self):
        return machine.memory_mib(self.process.pid)

    def footprint(self, result, events):
        """Memory and disk, of its whole life."""
        pid = self.process.pid
        result.figure("memory", machine.memory_mib(pid), "MiB")
        peak = machine.memory_mib(pid, "VmHWM")
        result.figure("peak_memory", peak, "MiB")
        bound = mebibytes(self.memory)
        if peak > bound * (1 + MEMORY_MORE):
            result.fault(f"it held {peak:.0f} MiB where {bound} are its bound")
        result.figure("written", machine.written_bytes(pid) / events, "bytes_per_event")
        loads = self.metrics().get("store_loads_total", 0)
        result.figure("store_loads", loads / events, "per_event")
