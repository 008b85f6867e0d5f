#!/usr/bin/env python3
"""Runs examples/actions/read_actions.py on a consumer that stands for Kafka's.

It holds that the example reads only what is committed, passes over polls without a record, stores an
offset only once the action was dealt with, and fails on an error. Usage: check_actions.py
"""

import importlib.util
import pathlib
import sys
import types

from checking import Checks

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "actions" / "read_actions.py"


class Record:
    def __init__(self, value, headers, error=None):
        self._value, self._headers, self._error = value, headers, error

    def value(self):
        return self._value

    def headers(self):
        return self._headers

    def error(self):
        return self._error


class Consumer:
    """Gives the records of `script`, then an error."""

    script, made = [], []

    def __init__(self, settings):
        self.settings, self.topics, self.stored, self.closed = settings, None, [], False
        self.left = list(self.script)
        Consumer.made.append(self)

    def subscribe(self, topics):
        self.topics = topics

    def poll(self, _seconds):
        return self.left.pop(0) if self.left else Record(None, None, error="the script is over")

    def store_offsets(self, record):
        self.stored.append(record)

    def close(self):
        self.closed = True


def load_example():
    sys.modules["confluent_kafka"] = types.SimpleNamespace(Consumer=Consumer)
    spec = importlib.util.spec_from_file_location("read_actions", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    return example


def main():
    checks = Checks()
    first = Record(b'{"customer":"anna","id":"1"}', [("event-id", b"order-17")])
    second = Record(b'{"customer":"d\xc3\xa9j\xc3\xa0","id":"2"}', None)
    Consumer.script = [None, first, None, second]
    read = load_example().actions("broker:9092")
    checks.equal("first", next(read), ({"customer": "anna", "id": "1"}, {"event-id": b"order-17"}))
    consumer = Consumer.made[0]
    checks.equal("topics", consumer.topics, ["parcours-actions"])
    checks.equal("isolation", consumer.settings["isolation.level"], "read_committed")
    checks.equal("brokers", consumer.settings["bootstrap.servers"], "broker:9092")
    checks.equal("stores by itself", consumer.settings["enable.auto.offset.store"], False)
    checks.equal("stored while it is dealt with", consumer.stored, [])
    checks.equal("second", next(read), ({"customer": "d\u00e9j\u00e0", "id": "2"}, {}))
    checks.equal("stored then", consumer.stored, [first])
    try:
        next(read)
        checks.equal("an error", "passed over", "raised")
    except RuntimeError as error:
        checks.equal("an error", str(error), "the script is over")
    checks.equal("stored at last", consumer.stored, [first, second])
    checks.equal("closed", consumer.closed, True)
    checks.finish("actions")


if __name__ == "__main__":
    main()
