#!/usr/bin/env python3
"""A real Kafka broker for tests: one KRaft node on loopback, with a data folder of its own.

    kafka.py [--version 4.4.0]    starts one, prints `brokers 127.0.0.1:PORT`, waits for Ctrl-C

The jars come by Maven, once a version, into build/kafka/VERSION. Where java, mvn or the jars cannot
be had there is nothing to test: Missing says why, and a test ends with SKIPPED. A broker that has
its jars and does not start is a failure.
"""

import argparse
import contextlib
import fcntl
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
CACHE = ROOT / "build" / "kafka"
VERSIONS = ("4.4.0", "3.9.2")
SKIPPED = 77  # ctest's SKIP_RETURN_CODE

START_SECONDS = 60
# The cleaner looks every second at segments that are seconds old: compaction and what it leaves
# out happen within a test. A killed broker may register again once its session is over.
# Transactions time out as they do in production.
SETTINGS = """\
process.roles=broker,controller
node.id=1
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
num.network.threads=2
num.io.threads=4
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
log.roll.ms=15000
log.cleaner.backoff.ms=1000
log.cleaner.min.cleanable.ratio=0.01
log.cleaner.min.compaction.lag.ms=0
log.cleaner.dedupe.buffer.size=16777216
"""


class Missing(Exception):
    """What a broker needs is not on this machine."""


def run_or_skip(main):
    """Calls `main` and ends the process with its code; with SKIPPED where there is no Kafka."""
    try:
        code = main()
    except Missing as missing:
        print(f"skipped: {missing}")
        code = SKIPPED
    sys.exit(code)


def program(name):
    found = shutil.which(name)
    if found is None:
        raise Missing(f"no {name} on this machine")
    return found


@contextlib.contextmanager
def only_one(folder):
    """One process at a time works on `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def jars(version):
    """The folder with the jars of that version; fetched if they are not there."""
    program("java")
    folder = CACHE / version / "jars"
    pom = (HERE / "pom.xml").read_text()
    stamp = CACHE / version / "fetched"
    with only_one(CACHE / version):
        if stamp.exists() and stamp.read_text() == pom:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        words = [program("mvn"), "-q", "-B", "-f", HERE / "pom.xml", f"-Dkafka.version={version}"]
        words += [f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
        done = subprocess.run(
            [*words, "dependency:copy-dependencies"], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise Missing(f"Maven cannot fetch Kafka {version}: {done.stdout.strip()[:500]}")
        stamp.write_text(pom)
    return folder


def client_classes(version):
    """The folder with Client.java, compiled against that version."""
    folder = CACHE / version / "client"
    source = (HERE / "Client.java").read_text()
    path = classpath(version)
    stamp = CACHE / version / "compiled"
    with only_one(CACHE / version):
        if stamp.exists() and stamp.read_text() == source:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        # Words that both versions have may be deprecated in one.
        words = [program("javac"), "-Xlint:-deprecation,-removal", "-proc:none", "-cp", path]
        done = subprocess.run(
            [*words, "-d", folder, HERE / "Client.java"], capture_output=True, text=True
        )
        if done.returncode != 0:
            sys.exit(f"Client.java does not compile:\n{done.stdout}{done.stderr}")
        stamp.write_text(source)
    return folder


def classpath(version):
    return f"{jars(version)}/*"


def free_ports(count):
    """Ports nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def answers(port):
    """Whether a broker answers there: to ApiVersions, which needs nothing else to be up."""
    request = struct.pack(">hhih", 18, 0, 7, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            connection.settimeout(2)
            reply = connection.recv(10)
    except OSError:
        return False
    return len(reply) == 10 and struct.unpack(">iih", reply)[1:] == (7, 0)


class Broker:
    """Used by one thread. `with Broker(folder) as broker:` starts it, and kills it at the end."""

    def __init__(self, folder, version=VERSIONS[0], port=None):
        self.version = version
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.log = self.folder / "broker.log"
        self.settings = self.folder / "server.properties"
        self.process = None
        self.path = classpath(version)
        self.port, self.controller_port = free_ports(2)
        self.port = port or self.port
        self.brokers = f"127.0.0.1:{self.port}"

    def __enter__(self):
        self.format()
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def format(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings.write_text(
            f"{SETTINGS}log.dirs={self.data}\n"
            f"listeners=PLAINTEXT://127.0.0.1:{self.port},"
            f"CONTROLLER://127.0.0.1:{self.controller_port}\n"
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.port}\n"
            f"controller.quorum.voters=1@127.0.0.1:{self.controller_port}\n"
        )
        tool = ["java", "-Xmx256m", "-cp", self.path, "kafka.tools.StorageTool"]
        made = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=True)
        subprocess.run(
            [*tool, "format", "-t", made.stdout.split()[-1], "-c", self.settings],
            capture_output=True,
            check=True,
        )

    def start(self):
        """Starts it and waits until it answers."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["java", "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
                + ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
                + ["-Dorg.slf4j.simpleLogger.showDateTime=true"]
                + ["-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"]
                + ["-cp", self.path, "kafka.Kafka", self.settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at a test ends it by stop(), not on its own
            )
        until = time.monotonic() + START_SECONDS
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                tail = self.log.read_text(errors="replace")[-3000:]
                sys.exit(f"the broker did not start, {self.log}:\n{tail}")
            time.sleep(0.1)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def stop(self, seconds=60):
        """As an operator stops it. The data stays."""
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """kill -9. The data stays."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def restart(self):
        """Starts it again after stop() or kill(), at the same port."""
        if self.running():
            self.stop()
        self.start()

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def cleaned(self, topic):
        """{partition: up to which offset the cleaner has compacted it}, by the broker's note."""
        note = self.data / "cleaner-offset-checkpoint"
        lines = note.read_text().splitlines()[2:] if note.exists() else []
        rows = [line.split() for line in lines]
        return {int(row[1]): int(row[2]) for row in rows if row[0] == topic}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", default=VERSIONS[0])
    parser.add_argument("--port", type=int, help="of the loopback address; any by default")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="parcours-broker-") as folder:
        with Broker(folder, options.version, options.port) as broker:
            print(f"brokers {broker.brokers}", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                while broker.running():
                    time.sleep(0.5)
            if not broker.running():
                print(broker.log.read_text(errors="replace")[-3000:], file=sys.stderr)
                return 1
            broker.stop()
    return 0


if __name__ == "__main__":
    run_or_skip(main)
