"""Processes of `parcours run` for tests: each with its folder, ports and log, started and ended."""

import json
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

from kafka import free_ports

DEFINITIONS = pathlib.Path(__file__).resolve().parent / "definitions"
GRACE_SECONDS = 30  # within which SIGTERM must end a process
TOPICS = ("shards", "events", "changelog", "transitions", "actions", "decisions", "dlq")


def http_status(port, path):
    """The status of a GET, or None where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def until(seconds, condition, pause=0.2):
    """Waits until `condition` gives something true, and gives it; else the last of what it gave."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > end:
            return found
        time.sleep(pause)


class Instance:
    """One process: `name` is its static member. Used by one thread."""

    def __init__(self, binary, folder, brokers, application, name, kafka=None):
        self.binary, self.name, self.application = binary, name, application
        self.folder = pathlib.Path(folder) / name
        self.data = self.folder / "data"
        self.log = self.folder / "stderr.log"
        self.config = self.folder / "parcours.yaml"
        (self.port,) = free_ports(1)
        self.folder.mkdir(parents=True)
        self.process = None
        properties = {"session.timeout.ms": 6000, "transaction.timeout.ms": 10_000}
        written = {
            "application": application,
            "brokers": brokers,
            "definitions": str(DEFINITIONS),
            "data": str(self.data),
            "instance": name,
            "lanes": 1,
            "http": {"address": "127.0.0.1", "port": self.port},
            "kafka": {**properties, **(kafka or {})},
        }
        lines = []
        for key, value in written.items():
            if isinstance(value, dict):
                lines += [f"{key}:"] + [f"  {k}: {json.dumps(v)}" for k, v in value.items()]
            else:
                lines.append(f"{key}: {json.dumps(value)}")
        self.config.write_text("\n".join(lines) + "\n")

    def apply_topics(self, partitions):
        """(exit code, what it said)"""
        done = subprocess.run(
            [self.binary, "topics", "apply", "--config", self.config]
            + ["--partitions", str(partitions), "--replication", "1"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "run", "--config", self.config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def running(self):
        return self.process is not None and self.process.poll() is None

    def ready(self):
        return self.running() and http_status(self.port, "/readyz") == 200

    def alive(self):
        return self.running() and http_status(self.port, "/healthz") == 200

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def ended(self, seconds=GRACE_SECONDS):
        """The exit code, or None if it has not ended in time; then it is killed."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def said(self):
        """The lines of its log."""
        if not self.log.exists():
            return []
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()
