#!/usr/bin/env python3
"""`parcours run` on a Kafka of its own: at full load, and paced. One line a figure: `name value unit`.

    python3 bench/kafka_bench.py build/release/parcours [--events N] [--customers N] [--seconds S]

Full load: N events of just now lie in the topic; how fast they are applied and committed between a
tenth and nine tenths of them, with one lane and with two, and what that costs the process and the
broker in CPU. Paced: events are sent at --rate, and the transitions they cause are read as a reader
of committed records sees them; the time between counts producing, reading, and the pipes between the
programs. If what was published is not what a replay of the topic publishes, or the pace was not
held, there is no figure.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/broker"))
from kafka import Broker, free_ports, run_or_skip  # noqa: E402

WARM_SECONDS = 5  # of a paced run: until everybody has found everybody
START_SECONDS, LOAD_SECONDS = 60, 900
TICKS = os.sysconf("SC_CLK_TCK")
STAMP = re.compile(rb'"time":"[^"]*"')


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


class Bench:
    def __init__(self, parcours, folder, broker):
        self.parcours, self.folder, self.broker = parcours, pathlib.Path(folder), broker
        self.running = []  # what must not outlive us

    def config(self, application, lanes):
        port = free_ports(1)[0]
        path = self.folder / f"{application}.yaml"
        path.write_text(
            f"application: {application}\nbrokers: {self.broker.brokers}\n"
            f"definitions: {ROOT / 'config'}\ndata: {self.folder / application}\n"
            f"instance: bench\nlanes: {lanes}\nmemory: 4GB\n"
            f"http: {{address: 127.0.0.1, port: {port}}}\n"
        )
        subprocess.run(
            [self.parcours, "topics", "apply", "--config", path]
            + ["--partitions", "16", "--replication", "1"],
            check=True, stdout=subprocess.DEVNULL,
        )
        return path, port

    def start(self, config, port):
        with open(config.with_suffix(".log"), "wb") as log:
            process = subprocess.Popen([self.parcours, "run", "--config", config], stderr=log)
        self.running.append(process)
        deadline = time.monotonic() + START_SECONDS
        while b'"ready":true' not in self.get(port, "readyz"):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"parcours run ended:\n{config.with_suffix('.log').read_text()[-2000:]}")
            time.sleep(0.02)
        return process

    @staticmethod
    def get(port, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
                return answer.read()
        except OSError:
            return b""

    def consumed(self, port):
        """Events that are applied; ticks are records, too."""
        found = re.findall(rb"^parcours_events_consumed_total\S* (\d+)", self.get(port, "metrics"), re.M)
        return sum(int(number) for number in found)

    @staticmethod
    def stop(process):
        process.send_signal(signal.SIGTERM)
        if process.wait(120) != 0:
            sys.exit("parcours run did not end with 0")

    def lag(self, port):
        found = re.findall(rb"^parcours_consumer_lag_records\S* (\d+)", self.get(port, "metrics"), re.M)
        return sum(int(number) for number in found) if found else None

    def full_load(self, name, lanes, events):
        config, port = self.config(name, lanes)
        with (self.folder / "events.ndjson").open("rb") as history:
            produce = subprocess.Popen([self.parcours, "produce", "--config", config, "-"],
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            for line in history:
                produce.stdin.write(STAMP.sub(self.stamp(), line, 1))
            produce.stdin.close()
            if produce.wait() != 0:
                sys.exit(f"{name}: the events could not be produced")
        process = self.start(config, port)
        broker = self.broker.process.pid
        marks = []  # (when, events, own CPU, the broker's)
        deadline = time.monotonic() + LOAD_SECONDS
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{name}: parcours run ended, or takes too long")
            applied = self.consumed(port)
            marks.append((time.monotonic(), applied, cpu_seconds(process.pid), cpu_seconds(broker)))
            if applied >= events:
                break
            time.sleep(0.25)
        deadline = time.monotonic() + 30
        while self.lag(port) != 0:
            if time.monotonic() > deadline:
                sys.exit(f"{name}: not all of the topic is applied")
            time.sleep(0.2)
        peak = peak_mib(process.pid)
        self.stop(process)
        self.check_once(name, events)
        # From when a tenth was applied until nine tenths were: without start and end.
        first = next(mark for mark in marks if mark[1] >= events / 10)
        last = next(mark for mark in marks if mark[1] >= events * 0.9)
        seconds, count = last[0] - first[0], last[1] - first[1]
        if count == 0 or seconds < 1:
            print(f"kafka_{name}: too few events for a figure")
            return
        print(f"kafka_{name} {count / seconds:.0f} events/s")
        print(f"kafka_{name}_cpu {(last[2] - first[2]) / count * 1e6:.2f} us_per_event")
        print(f"kafka_{name}_broker_cpu {(last[3] - first[3]) / count * 1e6:.2f} us_per_event")
        print(f"kafka_{name}_peak_memory {peak:.0f} MiB", flush=True)

    def check_once(self, application, events):
        done = subprocess.run(
            [self.parcours, "replay", "--brokers", self.broker.brokers, "--application", application]
            + ["--definitions", ROOT / "config", "--format", "json"],
            check=True, capture_output=True, text=True,
        )
        counters = json.loads(done.stdout)["counters"]
        tail = [self.parcours, "tail", "transitions", "--once", "--config",
                self.folder / f"{application}.yaml"]
        with subprocess.Popen(tail, stdout=subprocess.PIPE) as published:
            lines = sum(block.count(b"\n") for block in iter(lambda: published.stdout.read(1 << 20), b""))
        if counters["events"] != events or counters["rejected"] > 0 or lines == 0:
            sys.exit(f"{application}: {events} sent, {counters} in the log, no figure")
        if lines != counters["transitions"]:
            sys.exit(f"{application}: {lines} transitions published, {counters['transitions']} in a "
                     "replay: no figure")

    @staticmethod
    def stamp():
        now = datetime.datetime.now(datetime.timezone.utc)
        return b'"time":"' + now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3].encode() + b'Z"'

    def paced(self, rate, seconds):
        config, port = self.config("paced", 1)
        process = self.start(config, port)
        sent, waits = {}, []
        tail = subprocess.Popen([self.parcours, "tail", "transitions", "--config", config],
                                stdout=subprocess.PIPE)
        self.running.append(tail)
        cause = re.compile(rb'"id":"(e-\d+)"')

        def read():
            for line in tail.stdout:
                now = time.monotonic()
                found = cause.search(line)
                if found and found[1] in sent:
                    waits.append(now - sent[found[1]])

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        time.sleep(2)  # until the reader stands at the end
        produce = subprocess.Popen([self.parcours, "produce", "--config", config, "-"],
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        lines = (self.folder / "events.ndjson").open("rb")
        began, count, late = time.monotonic(), 0, 0.0
        cpu = cpu_seconds(process.pid)
        for step in range(seconds * 100):
            wanted = began + step / 100
            wait = wanted - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            late = max(late, -wait)
            stamp = self.stamp()
            batch = [STAMP.sub(stamp, lines.readline(), 1) for _ in range(rate // 100)]
            now = time.monotonic()
            if step >= WARM_SECONDS * 100:
                for i in range(len(batch)):
                    sent[b"e-%d" % (count + i)] = now
            count += len(batch)
            produce.stdin.write(b"".join(batch))
            produce.stdin.flush()
        own = cpu_seconds(process.pid) - cpu
        produce.stdin.close()
        if produce.wait() != 0:
            sys.exit("paced: the events could not be produced")
        late = max(late, time.monotonic() - began - seconds)
        time.sleep(2)
        tail.terminate()
        reader.join()
        self.stop(process)
        self.check_once("paced", count)
        if late > 1 or not waits:
            print(f"kafka_paced: {late:.1f} s behind the pace, {len(waits)} transitions: no figure")
            return
        waits.sort()
        at = lambda share: waits[min(int(share * len(waits)), len(waits) - 1)] * 1000
        print(f"kafka_paced_rate {rate} events/s")
        print(f"kafka_paced_transitions {len(waits)} records")
        print(f"kafka_paced_p50 {statistics.median(waits) * 1000:.0f} ms")
        print(f"kafka_paced_p99 {at(0.99):.0f} ms")
        print(f"kafka_paced_max {waits[-1] * 1000:.0f} ms")
        print(f"kafka_paced_cpu {own / count * 1e6:.1f} us_per_event")
        print(f"kafka_paced_behind {late * 1000:.0f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parcours", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--events", type=int, default=8_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=10_000)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="parcours-kafka-bench-")
    bench = None
    try:
        with Broker(pathlib.Path(folder) / "broker") as broker:
            bench = Bench(options.parcours, folder, broker)
            subprocess.run(
                [options.parcours, "generate", "--events", str(options.events), "--customers",
                 str(options.customers), "--output", f"{folder}/events.ndjson"], check=True)
            bench.paced(options.rate, min(options.seconds, options.events // options.rate))
            bench.full_load("one_lane", 1, options.events)
            bench.full_load("two_lanes", 2, options.events)
    finally:
        for process in bench.running if bench else []:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    run_or_skip(main)
