"""The machine: what it is, what its processes have used, and what else it does meanwhile."""

import os
import pathlib
import platform
import re
import statistics
import subprocess
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
YARDSTICK = re.compile(r"yardstick ([\d.]+) ns\n")


def about():
    """What a reader of figures asks first."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_mib": int(memory[1]) // 1024,
        "kernel": platform.release(),
    }


def java_version():
    said = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    return said.splitlines()[0] if said else "none"


class Pace:
    """How fast the machine is all the while: a loop that depends on nothing else, four times a second.

    `with Pace(build) as pace:`. On a virtual machine the pace halves and doubles within a second, by
    what others do on the same cores: before and after say little of what is between."""

    def __init__(self, build):
        self.program = build / "bench/parse_bench"
        self.samples = []  # (when, ns)
        self.process = None
        self.ended = threading.Event()

    def __enter__(self):
        if not self.program.exists():  # a build for tests
            return self
        self.process = subprocess.Popen(
            [self.program, "meanwhile"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        if self.process:
            self.ended.set()
            self.reader.join()
            self.process.stdin.close()
            self.process.wait()

    def read(self):
        while not self.ended.wait(0.25):
            print(file=self.process.stdin, flush=True)
            found = YARDSTICK.match(self.process.stdout.readline())
            self.samples.append((time.monotonic(), float(found[1])))

    def between(self, begin, end):
        """Nanoseconds: the mean, and those of the fastest and the slowest tenth; None: no sample."""
        taken = sorted(ns for when, ns in self.samples if begin <= when <= end)
        if not taken:
            return None
        tenth = len(taken) // 10
        return statistics.mean(taken), taken[tenth], taken[-1 - tenth]


def cpu_seconds(pid):
    """User and system time; what a process that has ended used is not known: 0."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid, what="VmRSS"):
    """VmRSS: what it holds; VmHWM: the most it held."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1024


def written_bytes(pid):
    """What it had written to disk."""
    return int(re.search(r"^write_bytes: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text(), re.M)[1])


def busy_seconds():
    """CPU that the whole machine has used, and what others took of a virtual one."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, softirq, steal = (int(field) for field in fields[:8])
    return (user + nice + system + irq + softirq + steal) / TICKS


class Usage:
    """What has been used up to now: by the machine, by us, and by each of `pids`, by name."""

    def __init__(self, pids):
        self.time = time.monotonic()
        self.busy = busy_seconds()
        own = os.times()
        self.own = own.user + own.system + own.children_user + own.children_system
        self.cpu = {name: cpu_seconds(pid) for name, pid in pids.items()}

    def since(self, before):
        """(seconds, {name: CPU seconds}, share of the machine's CPU that others used)."""
        seconds = self.time - before.time
        cpu = {name: used - before.cpu.get(name, 0) for name, used in self.cpu.items()}
        others = self.busy - before.busy - sum(cpu.values()) - (self.own - before.own)
        return seconds, cpu, max(others, 0) / (max(seconds, 0.01) * os.cpu_count())
