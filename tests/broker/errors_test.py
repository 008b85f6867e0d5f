#!/usr/bin/env python3
"""`parcours run` and what is wrong around it: records that cannot be applied, topics that are not
as they must be, a broker that is not there.

    errors_test.py --parcours BIN [--kafka 4.4.0]
"""

import argparse
import base64
import hashlib
import json
import pathlib
import re
import shutil
import signal
import tempfile
import time

import oracle
from client import Client, Producer
from kafka import VERSIONS, Broker, run_or_skip
from running import Instance, until

SHARDS = 4
READY_SECONDS = 60
REFUSED_SECONDS = 30
COMPACT = {"cleanup_policy": "compact"}


def order(customer, sequence, **fields):
    """An order of a customer as an event; a field that is None is left out."""
    line = oracle.event_line(customer, "till", sequence, 10, int(time.time() * 1000))
    event = {**json.loads(line), **fields}
    return json.dumps({k: v for k, v in event.items() if v is not None}, separators=(",", ":"))


def bad_records():
    """(what it is, key, value, partition moved by, reason) of records that cannot be applied."""
    yield "malformed JSON", "ann", '{"specversion":"1.0","id":"cut', 0, "json"
    yield "not text", "ann", b"\x00\xff\xfe{", 0, "json utf8"
    big = order("ben", 1, note="x" * 1_000_000)[:-1]  # its last brace is missing
    yield "1 MB, malformed", "ben", big, 0, "json"
    yield "the key of somebody else", "cleo", order("dora", 1), 0, "misrouted"
    yield "another partition", "dora", order("dora", 1), 1, "misrouted"
    yield "no id", "ann", order("ann", 1, id=None), 0, "envelope"
    yield "no customer", "ann", order("ann", 1, subject=None), 0, "customer envelope"
    yield "tomorrow", "ben", order("ben", 1, time="2999-01-01T00:00:00.000Z"), 0, "future"
    yield "no key, and no tick", None, "tock", 0, "tick"


class Errors:
    def __init__(self, options, folder, broker, client):
        self.options, self.folder = options, folder
        self.broker, self.client = broker, client
        self.wrong = 0
        self.started = []
        self.places = {}  # customer: partition

    def check(self, what, right, found=""):
        print(f"{'ok   ' if right else 'WRONG'} {what} {found}", flush=True)
        self.wrong += not right
        return right

    def instance(self, application, make_topics=True, **kafka):
        made = Instance(
            self.options.parcours, self.folder, self.broker.brokers, application, f"{application}-0",
            {name.replace("_", "."): value for name, value in kafka.items()},
        )
        self.started.append(made)
        if make_topics:
            code, said = made.apply_topics(SHARDS)
            self.check(f"{application}: topics apply", code == 0, said if code else "")
            # What is not closed is not compacted, and a restore would read it all.
            small = bool(re.search(r"-changelog\b.*segment\.bytes=67108864", said))
            self.check(f"{application}: the changelog has small segments", small)
        return made

    def end(self):
        for instance in self.started:
            instance.kill()

    def stop(self, instance):
        instance.signal(signal.SIGTERM)
        code = instance.ended()
        self.check(f"{instance.application}: ends with 0", code == 0, code)

    # --- records

    def place_of(self, customer):
        """The partition where Kafka's own client puts the customer."""
        if not self.places:
            self.client.make_topic("places", SHARDS)
            producer = Producer(self.broker, "places")
            for name in ("ann", "ben", "cleo", "dora"):
                producer.send(name, "here")
            producer.finish()
            self.places = {r.key.decode(): r.partition for r in self.client.read("places")}
        return self.places[customer]

    def records(self):
        # A queue that is smaller than what one commit writes: the rest waits for room.
        instance = self.instance("records", queue_buffering_max_messages=7)
        instance.start()
        if not self.check("records: ready", until(READY_SECONDS, instance.ready)):
            return
        bad = []
        producer = Producer(self.broker, "records-events")
        good = []
        for number, (what, key, value, moved, reasons) in enumerate(bad_records(), 1):
            partition = (self.place_of(key or "ann") + moved) % SHARDS
            value = value if isinstance(value, bytes) else value.encode()
            bad.append((what, key, value, partition, reasons.split()))
            producer.send(key, value, partition)
            for name in self.places:  # in every partition something good stands behind it
                good.append(order(name, 100 + number, id=f"{name}-{number:06d}"))
                producer.send(name, good[-1])
        sent = producer.finish()
        self.check("records: sent", sent == len(bad) + len(good), sent)
        self.dead_letters(bad)
        self.others(good)
        self.check("records: still well", instance.ready() and instance.alive())
        self.stop(instance)

    def dead_letters(self, bad):
        """Each bad record is a dead letter that gives it back, and nothing else is."""
        until(30, lambda: len(self.client.read("records-dlq")) >= len(bad), pause=1)
        letters = [json.loads(record.value) for record in self.client.read("records-dlq")]
        self.check("dead letters: as many as bad records", len(letters) == len(bad), len(letters))
        events = {(r.partition, r.offset): r for r in self.client.read("records-events")}
        found = {}
        for letter in letters:
            record = events.get((letter["partition"], letter["offset"]))
            found[record and (record.partition, record.key, record.value)] = letter
        for what, key, value, partition, reasons in bad:
            letter = found.get((partition, None if key is None else key.encode(), value))
            if not self.check(f"{what}: is a dead letter", letter is not None):
                continue
            reason, detail = letter["reason"], letter["detail"]
            self.check(f"{what}: says why", reason in reasons and detail, f"{reason}: {detail}")
            same_key = base64.b64decode(letter["key"], validate=True) == (key or "").encode()
            self.check(f"{what}: gives back its bytes", same_key and self.gives_back(letter, value))

    @staticmethod
    def gives_back(letter, value):
        """The whole value; or as much as fits, with its size and SHA-256."""
        given = base64.b64decode(letter["value"], validate=True)
        if given == value:
            return True
        rest = list(letter.values())
        told = len(value) in rest and hashlib.sha256(value).hexdigest() in rest
        return told and len(given) > 0 and value.startswith(given)

    def others(self, good):
        """The good orders count as if there had been no bad ones."""
        ids = {json.loads(line)["id"] for line in good}
        records = self.client.read("records-events")
        times = oracle.log_times(records)
        orders = [
            oracle.order_of(record.value.decode(), times[record.partition, record.offset])
            for record in records
            if record.value.decode(errors="replace") in good
        ]
        self.check("good orders: all in the log", {one.id for one in orders} == ids)
        customers = oracle.expected(orders)
        for kind in oracle.KINDS:
            topic = f"records-{kind}"
            wanted = oracle.total(customers, kind)
            until(30, lambda: len(self.client.read(topic)) >= wanted, pause=1)
            lines = [record.value.decode() for record in self.client.read(topic)]
            wrong = list(oracle.differences(customers, kind, lines))
            self.check(f"good orders: {kind}", not wrong, wrong[:2] or f"{len(lines)} records")

    # --- topics

    def refused(self, application, topic, spoil):
        """With its topics spoilt, it names the topic in one sentence and ends with 3."""
        instance = self.instance(application)
        spoil(f"{application}-{topic}")
        time.sleep(2)  # until every part of the broker knows
        instance.start()
        code = instance.ended(REFUSED_SECONDS)
        self.check(f"{application}: ends with 3", code == 3, code)
        sentences = [line for line in instance.said() if f"{application}-{topic}" in line]
        self.check(f"{application}: one sentence names the topic", len(sentences) == 1, sentences)

    def delete(self, topic):
        self.client.delete(topic)
        until(10, lambda: topic not in self.client.partitions())

    def one_more_partition(self, topic):
        self.delete(topic)
        self.client.make_topic(topic, SHARDS + 1, **COMPACT)

    def topics(self):
        def configured(**configs):
            return lambda topic: self.client.alter(topic, **configs)

        self.refused("missing", "transitions", self.delete)
        self.refused("partitions", "changelog", self.one_more_partition)
        self.refused("compaction", "changelog", configured(cleanup_policy="delete"))
        self.refused("stamps", "events", configured(message_timestamp_type="CreateTime"))

    # --- records that were carried over

    def carried_over(self):
        """Log time is the broker's, or what the header says if that is earlier."""
        instance = self.instance("carried")
        now = int(time.time() * 1000)
        hour_ago = now - 3_600_000
        told = {"ann": str(hour_ago), "ben": str(now + 86_400_000), "cleo": "yesterday", "dora": ""}
        producer = Producer(self.broker, "carried-events")
        for name, log_time in told.items():
            event_time = oracle.text_of(hour_ago - 1000)
            producer.send(name, order(name, 1, time=event_time), log_time=log_time)
        producer.finish()
        stamped = {r.key.decode(): r.timestamp for r in self.client.read("carried-events")}
        instance.start()
        first = until(READY_SECONDS, lambda: self.first_moves("carried-transitions", len(told)))
        expected = {**stamped, "ann": hour_ago}
        expected = {name: oracle.text_of(at) for name, at in expected.items()}
        self.check("carried over: log times", first == expected, f"{first}, not {expected}")
        self.stop(instance)

    def first_moves(self, topic, customers):
        """When each customer moved first, once all have."""
        moves = [json.loads(record.value) for record in self.client.read(topic)]
        found = {move["customer"]: move["at"] for move in moves if move["number"] == 1}
        return found if len(found) == customers else None

    # --- the broker

    def broker_away(self):
        instance = self.instance("waits")
        self.broker.stop()
        instance.start()
        alive = until(15, instance.alive)
        time.sleep(5)
        alive = alive and instance.alive()
        self.check("no broker: it waits, alive", alive)
        self.check("no broker: it is not ready", instance.running() and not instance.ready())
        self.broker.start()
        self.check("the broker comes: it goes on", until(READY_SECONDS, instance.ready))
        self.stop(instance)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parcours", required=True, type=pathlib.Path)
    parser.add_argument("--kafka", default=VERSIONS[0])
    options = parser.parse_args()
    options.parcours = options.parcours.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="parcours-errors-"))
    with Broker(folder / "broker", options.kafka) as broker, Client(broker) as client:
        errors = Errors(options, folder, broker, client)
        try:
            errors.records()
            errors.topics()
            errors.carried_over()
            errors.broker_away()
        finally:
            errors.end()
    if errors.wrong:
        print(f"{errors.wrong} wrong, folder {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    run_or_skip(main)
