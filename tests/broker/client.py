"""Client.java from Python: one resident JVM that answers, and producers fed line by line."""

import base64
import collections
import subprocess
import threading

import kafka

Record = collections.namedtuple("Record", "partition offset timestamp type key value headers")
Group = collections.namedtuple("Group", "state members offsets")


class Refused(Exception):
    """The broker, or the client for it, said no."""


def words(version, *arguments):
    path = f"{kafka.client_classes(version)}:{kafka.classpath(version)}"
    java = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
    java += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", path, "Client"]
    return java + [str(argument) for argument in arguments]


def run(version, *arguments, lines=()):
    """One word, on its own; what it printed."""
    done = subprocess.run(
        words(version, *arguments),
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise Refused(f"{arguments[0]}: {done.stderr.strip()[:1000]}")
    return done.stdout


def decoded(text):
    return None if text == "-" else base64.b64decode(text)


def record_of(line):
    partition, offset, timestamp, kind, key, value, headers = line.split("\t")
    pairs = [header.split("=", 1) for header in headers.split(",") if header]
    return Record(
        int(partition),
        int(offset),
        int(timestamp),
        kind,
        decoded(key),
        decoded(value),
        {name: decoded(text) for name, text in pairs},
    )


def line_of(key, value, partition=None, log_time=None):
    """A line for `produce`; values are bytes or text."""
    if isinstance(value, bytes):
        value = "base64:" + base64.b64encode(value).decode()
    line = ("\\0" if key is None else key) + "\t" + value
    if partition is not None or log_time is not None:
        line += f"\t{'' if partition is None else partition}"
    return line if log_time is None else f"{line}\t{log_time}"


class Client:
    """Asks one thing at a time, of one thread. close() ends its JVM."""

    def __init__(self, broker):
        self.version, self.brokers = broker.version, broker.brokers
        self.process = subprocess.Popen(
            words(self.version, "resident", self.brokers),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.kill()
        self.process.wait()

    def ask(self, *arguments):
        """The lines of the answer; Refused if it ends with something else than ok."""
        self.process.stdin.write(" ".join(str(argument) for argument in arguments) + "\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line.startswith(". "):
                if line == ". ok":
                    return lines
                raise Refused(f"{' '.join(map(str, arguments))}: {line[2:]}")
            lines.append(line)
        raise Refused(f"{arguments[0]}: the client ended")

    def make_topic(self, name, partitions, **configs):
        self.ask("topics", name, partitions, *self._pairs(configs))

    def alter(self, topic, **configs):
        self.ask("alter", topic, *self._pairs(configs))

    def delete(self, topic):
        self.ask("delete", topic)

    @staticmethod
    def _pairs(configs):
        return [f"{name.replace('_', '.')}={value}" for name, value in configs.items()]

    def partitions(self):
        """{topic: partitions}"""
        rows = [line.split() for line in self.ask("partitions")]
        return {name: int(count) for name, count in rows}

    def read(self, topic):
        """All that is committed, up to now, partition by partition in the order of offsets."""
        records = [record_of(line) for line in self.ask("read", topic)]
        return sorted(records, key=lambda record: (record.partition, record.offset))

    def groups(self):
        return self.ask("groups")

    def describe(self, group):
        """members: {instance: [(topic, partition)]}; offsets: {(topic, partition): (next, end)}"""
        state, members, offsets = "", {}, {}
        for line in self.ask("describe", group):
            kind, *rest = line.split()
            if kind == "state":
                state = rest[0]
            elif kind == "member":
                parts = [part.rsplit(":", 1) for part in rest[2:]]
                members[rest[1]] = [(topic, int(number)) for topic, number in parts]
            else:
                offsets[rest[0], int(rest[1])] = (int(rest[2]), int(rest[3]))
        return Group(state, members, offsets)

    def open_transactions(self):
        """{transactional id: state} of those that are open or not ended everywhere."""
        return dict(line.split() for line in self.ask("open-transactions"))


class Producer:
    """A JVM that produces what it is given. finish() waits for all acks and gives their number."""

    def __init__(self, broker, topic, word="produce", *arguments):
        self.process = subprocess.Popen(
            words(broker.version, word, broker.brokers, *arguments, topic),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = []
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        self.said += self.process.stderr

    def send(self, key, value, partition=None, log_time=None):
        self.process.stdin.write(line_of(key, value, partition, log_time) + "\n")

    def flush(self):
        self.process.stdin.flush()

    def say(self, line):
        """For `hold`: a line, and what it answers."""
        self.process.stdin.write(line + "\n")
        self.flush()
        return self.process.stdout.readline().strip()

    def finish(self):
        self.process.stdin.close()
        printed = self.process.stdout.read().split()
        code = self.process.wait()
        self.listener.join()
        if code != 0 or printed[:1] != ["sent"]:
            raise Refused(f"produce: {''.join(self.said)[:1000]}")
        return int(printed[1])

    def kill(self):
        self.process.kill()
        self.process.wait()
