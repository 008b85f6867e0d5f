"""kafka_load: fills topics, sends at a pace, compares; what it prints, as numbers."""

import re
import subprocess

import machine
from rig import Failed

FIGURE = re.compile(r"^(\w+) ([\d.]+) \S+$", re.M)
DOUBT = re.compile(r"^does_not_count: (.*)$", re.M)
EXAMPLE = re.compile(r"^only_\w+: .*$", re.M)


def figures(text):
    return {name: float(value) for name, value in FIGURE.findall(text)}


class Loader:
    def __init__(self, rig, application):
        self.rig, self.application = rig, application

    def words(self, command, **options):
        words = [self.rig.kafka_load, command, "--brokers", self.rig.broker.brokers]
        if command != "compare":
            words += ["--application", self.application]
        for name, value in options.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return words

    def fill(self, **options):
        return self.load("fill", options)

    def mass(self, **options):
        return self.load("mass", options)

    def load(self, command, options):
        """What is written has log times of its own."""
        with self.rig.broker.dated_by_writers(f"{self.application}-events"):
            return figures(self.rig.run(self.words(command, **options)))

    def pace(self, pids, look=lambda: None, **options):
        """(figures, doubts, {name: CPU}, seconds, share of others); `look` is called each second."""
        before = machine.Usage(pids)
        with subprocess.Popen(
            self.words("pace", **options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            pids = {**pids, "loader": process.pid}
            usage = machine.Usage(pids)
            while process.poll() is None:
                usage = machine.Usage(pids)  # the last one before it ends
                look()
                try:
                    process.wait(1)
                except subprocess.TimeoutExpired:
                    continue
            said, wrong = process.stdout.read(), process.stderr.read()
        if process.returncode != 0:
            raise Failed(f"kafka_load pace: {wrong.strip()[-500:]}")
        return figures(said), DOUBT.findall(said), usage.since(before)

    def differences(self, left, right, until):
        """What `compare` says where the two differ, else nothing; and how many lines it saw."""
        words = self.words("compare", left=left, right=right, until=int(until))
        done = subprocess.run(words, capture_output=True, text=True)
        found = figures(done.stdout)
        if "left" not in found:
            raise Failed(f"kafka_load compare: {done.stderr.strip()[-500:]}")
        if done.returncode == 0:
            return [], found
        counts = (
            f"{left} has {found['left']:.0f} lines, {right} {found['right']:.0f}, "
            f"{found['missing']:.0f} only the first, {found['extra']:.0f} only the second"
        )
        return [counts, *EXAMPLE.findall(done.stdout)], found
