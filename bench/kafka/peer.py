"""The peer: the same rules on Kafka Streams (bench/peers/kafka-streams), over the same events."""

import collections
import re
import shutil
import subprocess
import threading
import time

import machine
from catch_up import END_SHARE, QUICK_WARM_SHARE, WARM_SECONDS
from check import KINDS, compare
from kafka import program
from report import Result
from rig import PEER, Failed, end

STAND_STILL_SECONDS = 60
CALM_SECONDS, WAIT_SECONDS = 5, 30  # without news all is done; time may always bring some
LINE = re.compile(r"^applied (\d+) timers (\d+) transitions (\d+) actions (\d+)")

Mark = collections.namedtuple("Mark", "usage applied counts")


def build():
    """The class path; Failed where it cannot be built."""
    if not (PEER / "pom.xml").exists():
        raise Failed("there is no peer")
    words = [program("mvn"), "-q", "-B", "package"]
    done = subprocess.run(words, cwd=PEER, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"the peer cannot be built: {(done.stdout + done.stderr).strip()[:500]}")
    jars = [path for path in (PEER / "target").glob("*.jar") if "original" not in path.name]
    return ":".join([*map(str, jars), str(PEER / "target/lib/*")])


class Peer:
    """One run of it; a thread takes what it says, once a second."""

    def __init__(self, rig, name, weight, run, held):
        self.rig, self.run = rig, run
        self.name = name.replace("_", "-")
        self.state = rig.folder / self.name
        self.log = rig.folder / f"{self.name}.log"
        self.marks = []
        run.application.make_topics(self.name)
        words = ["java", f"@{PEER}/jvm.options", "-cp", build(), "parcours.peer.Main"]
        words += ["--brokers", rig.broker.brokers, "--application", self.name]
        words += ["--input", f"{run.application.name}-events"]
        for kind in KINDS:
            words += [f"--{kind}", f"{self.name}-{kind}"]
        words += ["--state", self.state, "--threads", str(run.application.lanes)]
        words += ["--publish-thresholds", "true" if weight == "heavy" else "false"]
        words += ["--held", "true" if held else "false"]
        self.process = rig.start(words, self.log, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        pids = {"peer": self.process.pid, "broker": self.rig.broker.process.pid}
        for line in self.process.stdout:
            found = LINE.match(line)
            if found:
                counts = tuple(int(number) for number in found.groups())
                self.marks.append(Mark(machine.Usage(pids), counts[0], counts))

    def wait(self):
        """Until all events are applied, and what they lead to has come out."""
        wanted = self.run.filled["events"]
        moved, last, applied_at = time.monotonic(), None, None
        while True:
            time.sleep(0.5)
            if self.process.poll() is not None:
                raise Failed(f"the peer ended: {self.log.read_text(errors='replace')[-500:]}")
            counts = self.marks[-1].counts if self.marks else None
            if counts != last:
                moved, last = time.monotonic(), counts
            still = time.monotonic() - moved
            if counts and counts[0] >= wanted:
                applied_at = applied_at or time.monotonic()
                if still > CALM_SECONDS or time.monotonic() - applied_at > WAIT_SECONDS:
                    return
            if still > STAND_STILL_SECONDS:
                raise Failed(f"the peer stands still: {counts} of {wanted:.0f} events")

    def stop(self):
        end(self.process)
        self.reader.join()
        shutil.rmtree(self.state, ignore_errors=True)


def measure_peer(rig, run, weight, held):
    """`held`: it keeps customers in memory between commits, by a hook that Streams does not offer."""
    name = f"peer_{weight}_held" if held else f"peer_{weight}"
    result = Result(name)
    peer = None
    try:
        peer = Peer(rig, name, weight, run, held)
        with machine.Pace(rig.build) as pace:
            peer.wait()
        figures(rig, result, peer, run, pace)
    except Failed as failed:
        result.fault(str(failed))
        return result
    finally:
        if peer:
            peer.stop()
    for kind in KINDS:
        ours = f"{run.application.name}-{kind}"
        compare(result, run.loader, kind, ours, f"{peer.name}-{kind}", run.filled["end"])
    for sentence in run.result.why:
        result.doubt(f"ours: {sentence}")
    return result


def figures(rig, result, peer, run, pace):
    """Between warm-up and end, as ours."""
    total = peer.marks[-1].applied
    begin = peer.marks[0].usage.time + WARM_SECONDS
    quick = rig.options.quick
    warm = [
        mark
        for mark in peer.marks
        if (mark.applied >= QUICK_WARM_SHARE * total if quick else mark.usage.time >= begin)
        and mark.applied <= END_SHARE * total
    ]
    if not warm or warm[-1].applied == warm[0].applied:
        result.doubt("there is nothing between the warm-up and the end: too few events")
        return
    seconds, cpu, others = warm[-1].usage.since(warm[0].usage)
    # It may count duplicates or not: shares of the whole are alike.
    share = (warm[-1].applied - warm[0].applied) / total
    events = share * (run.filled["events"] + run.filled["duplicates"])
    result.figure("rate", events / seconds, "events/s")
    result.figure("cpu", cpu["peer"] / events * 1e6, "us_per_event")
    result.figure("events_per_cpu", events / max(cpu["peer"], 0.01), "events/cpu_s")
    result.figure("broker_cpu", cpu["broker"] / events * 1e6, "us_per_event")
    result.figure("window", seconds, "s")
    result.figure("peak_memory", machine.memory_mib(peer.process.pid, "VmHWM"), "MiB")
    result.others(others)
    result.pace(pace.between(warm[0].usage.time, warm[-1].usage.time))
    if "events_per_cpu" in run.result.figures:
        ours = run.result.value("events_per_cpu")
        result.figure("ours_to_peer", ours / result.value("events_per_cpu"), "ratio")
