"""What a case stands on: a folder, copies of the programs, definitions, a broker of its own."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from broker import ROOT, BenchBroker

SHOP = ROOT / "bench/shop"
PEER = ROOT / "bench/peers/kafka-streams"
WEIGHTS = ("light", "heavy")


class Failed(Exception):
    """A case cannot go on; says why."""


class Rig:
    """Used by one thread. `with Rig(build) as rig:` and nothing is left of it afterwards."""

    def __init__(self, build, options):
        self.build, self.options = pathlib.Path(build).resolve(), options
        self.folder = None
        self.broker = None
        self.build_info = {}  # what the program says of its parts, once it has run
        self.started = []  # what must not outlive us

    def __enter__(self):
        home = ROOT / "build/bench"
        home.mkdir(parents=True, exist_ok=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=home))
        # Others may build meanwhile.
        self.parcours = shutil.copy2(self.build / "parcours", self.folder)
        self.kafka_load = shutil.copy2(self.build / "bench/kafka_load", self.folder)
        self.definitions = {weight: self.define(weight) for weight in WEIGHTS}
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def define(self, weight):
        folder = self.folder / weight
        shutil.copytree(SHOP, folder)
        if weight == "light":
            thresholds = folder / "thresholds.yaml"
            text = thresholds.read_text()
            thresholds.write_text(text.replace("publish: true", "publish: false"))
        return folder

    @contextlib.contextmanager
    def fresh_broker(self):
        """A broker for one case: what the case before has written burdens nobody."""
        folder = self.folder / "broker"
        try:
            with BenchBroker(folder) as self.broker:
                yield self.broker
        finally:
            self.broker = None
            shutil.rmtree(folder, ignore_errors=True)

    def start(self, words, log, **more):
        with open(log, "ab") as said:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stderr=said, start_new_session=True, **more
            )
        self.started.append(process)
        return process

    def run(self, words):
        """What it prints; Failed with what it says where it does not end with 0."""
        environment = {**os.environ, "TMPDIR": str(self.folder)}
        done = subprocess.run(words, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()[-1000:]
            raise Failed(f"{pathlib.Path(words[0]).name} {words[1]}: {said}")
        return done.stdout


def end(process, seconds=120):
    """By SIGTERM, as an operator does. The exit code, or None: it had to be killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def until(seconds, condition, pause=0.1):
    """Waits until `condition` gives something true, and gives it; None: it did not in time."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        found = condition()
        if found:
            return found
        time.sleep(pause)
    return None
