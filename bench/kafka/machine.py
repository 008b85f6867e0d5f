"""The machine: what it is, what its processes have used, and what else it does meanwhile."""

import os
import pathlib
import platform
import re
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


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


def yardstick(build):
    """Nanoseconds of a loop that only depends on the machine; None where it was not built."""
    program = build / "bench/parse_bench"
    if not program.exists():
        return None
    said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return float(re.search(r"^yardstick (\S+)", said, re.M)[1])


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
