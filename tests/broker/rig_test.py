#!/usr/bin/env python3
"""The rig itself: that a broker started here does what the tests on it rely on.

    rig_test.py [--version 4.4.0]...
"""

import argparse
import pathlib
import tempfile
import time

from client import Client, Producer, Refused, line_of, run
from kafka import VERSIONS, Broker, run_or_skip

# Keys of each length that the hash treats on its own, 0 to 3 bytes behind the last four.
KEYS = ("c1", "c2", "abc", "four", "Zoë", "a-rather-long-customer-id")


def murmur2(key):
    """As Kafka defines it, written from its definition."""
    mask = 0xFFFFFFFF
    mixed = (0x9747B28C ^ len(key)) & mask
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        part = int.from_bytes(key[at : at + 4], "little") * 0x5BD1E995 & mask
        part = (part ^ part >> 24) * 0x5BD1E995 & mask
        mixed = mixed * 0x5BD1E995 & mask ^ part
    if whole < len(key):
        mixed = (mixed ^ int.from_bytes(key[whole:], "little")) * 0x5BD1E995 & mask
    mixed = (mixed ^ mixed >> 13) * 0x5BD1E995 & mask
    return mixed ^ mixed >> 15


class Rig:
    def __init__(self, broker, client):
        self.broker, self.client = broker, client
        self.wrong = 0

    def check(self, what, right, found=""):
        print(f"{'ok   ' if right else 'WRONG'} {self.broker.version} {what} {found}", flush=True)
        self.wrong += not right

    def topics(self):
        self.client.make_topic("in", 8, message_timestamp_type="LogAppendTime")
        made = run(self.broker.version, "topics", self.broker.brokers, lines=["other 2"])
        found = self.client.partitions()
        self.check("makes topics", made == "" and found == {"in": 8, "other": 2}, found)
        try:
            self.client.make_topic("in", 8)
            self.check("says what the broker refuses", False)
        except Refused as refused:
            self.check("says what the broker refuses", "TopicExists" in str(refused))

    def records(self):
        producer = Producer(self.broker, "in")
        for key in KEYS:
            producer.send(key, f"value of {key}")
        producer.send("c1", b"\x00\xff\n", 5)  # bytes, and where they do not belong
        producer.send(None, "tick", 0)
        self.check("produces", producer.finish() == len(KEYS) + 2)
        read = self.client.read("in")
        placed = {record.key: record.partition for record in read if record.value != b"\x00\xff\n"}
        wanted = {key.encode(): (murmur2(key.encode()) & 0x7FFFFFFF) % 8 for key in KEYS}
        self.check("places by murmur2", placed == {**wanted, None: 0}, placed)
        odd = [record for record in read if record.value == b"\x00\xff\n"]
        self.check("misplaces when told", [(r.partition, r.key) for r in odd] == [(5, b"c1")])
        stamped = {record.type for record in read}
        now = time.time() * 1000
        near = all(abs(record.timestamp - now) < 60_000 for record in read)
        self.check("stamps at append", stamped == {"LogAppendTime"} and near, stamped)

    def transactions(self):
        holder = Producer(self.broker, "other", "hold", "rig-0-0")
        holder.say(line_of("a", "seen", 0))
        answer = holder.say("commit")
        self.check("commits", answer == "committed 1", answer)
        holder.say(line_of("a", "unseen", 0))
        found = self.client.open_transactions()
        self.check("tells what is open", found == {"rig-0-0": "Ongoing"}, found)
        holder.kill()
        found = self.client.open_transactions()
        self.check("still open when its process is dead", "rig-0-0" in found, found)
        values = [record.value for record in self.client.read("other")]
        self.check("reads what is committed only", values == [b"seen"], values)
        successor = Producer(self.broker, "other", "hold", "rig-0-0")
        successor.say(line_of("b", "after", 1))  # its start fences the one before
        successor.say("commit")
        values = [record.value for record in self.client.read("other")]
        self.check("the next one aborts it", values == [b"seen", b"after"], values)
        successor.kill()

    def faults(self):
        before = self.client.read("in")
        producer = Producer(self.broker, "in")
        producer.send("c1", "before the kill")
        producer.flush()
        self.broker.kill()
        producer.send("c1", "while it was away")
        producer.flush()
        time.sleep(1)
        self.broker.restart()
        self.check("a producer outlasts a kill", producer.finish() == 2)
        after = self.client.read("in")
        values = [r.value for r in after if r not in before]
        kept = [r for r in after if r in before]
        right = kept == before and values == [b"before the kill", b"while it was away"]
        self.check("nothing is lost or doubled by a kill", right, values)
        self.broker.freeze()
        began = time.monotonic()
        producer = Producer(self.broker, "in")
        producer.send("c1", "frozen")
        producer.flush()
        time.sleep(3)
        self.broker.thaw()
        sent = producer.finish()
        took = time.monotonic() - began
        self.check("nobody answers while it is frozen", sent == 1 and took >= 3, f"{took:.1f} s")
        self.broker.stop()
        self.check("stops", not self.broker.running())
        self.broker.start()

    def compaction(self):
        self.client.make_topic("kept", 1, cleanup_policy="compact")
        self.client.alter("kept", segment_ms=1000)
        for round_ in range(3):
            producer = Producer(self.broker, "kept")
            for number in range(100):
                producer.send(f"key {number % 10}", f"{round_} {number}")
            producer.finish()
            time.sleep(1.1)
        until = time.monotonic() + 40
        left = []
        while time.monotonic() < until:
            left = self.client.read("kept")
            if len(left) < 200 and self.broker.cleaned("kept"):
                break
            time.sleep(1)
        newest = {record.key: record.value for record in left}
        whole = all(newest[b"key %d" % n] == b"2 %d" % (90 + n) for n in range(10))
        self.check("compacts within a test", 10 <= len(left) < 200 and whole, len(left))


def check_version(version):
    with tempfile.TemporaryDirectory(prefix="parcours-rig-") as folder:
        with Broker(pathlib.Path(folder) / "broker", version) as broker:
            with Client(broker) as client:
                rig = Rig(broker, client)
                rig.topics()
                rig.records()
                rig.transactions()
                rig.faults()
                rig.compaction()
    return rig.wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="append")
    options = parser.parse_args()
    wrong = sum(check_version(version) for version in options.version or VERSIONS[:1])
    return 1 if wrong else 0


if __name__ == "__main__":
    run_or_skip(main)
