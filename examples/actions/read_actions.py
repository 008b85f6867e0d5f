"""Reads the actions that Parcours publishes to Kafka and says what is to be sent.

Usage: read_actions.py BROKERS [TOPIC]
"""
import json
import sys

from confluent_kafka import Consumer


def actions(brokers, topic="parcours-actions"):
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "actions-example",
                         "isolation.level": "read_committed",  # nothing that was taken back
                         "auto.offset.reset": "earliest", "enable.auto.offset.store": False})
    consumer.subscribe([topic])
    try:
        while True:
            record = consumer.poll(1.0)
            if record is None:
                continue
            if record.error():
                raise RuntimeError(record.error())
            yield json.loads(record.value()), dict(record.headers() or [])
            consumer.store_offsets(record)  # only now: whoever asks for the next is done with it
    finally:
        consumer.close()


if __name__ == "__main__":
    for action, headers in actions(*sys.argv[1:]):
        because = headers.get("event-id", b"time alone").decode()
        print("{at} {channel} {template} to {customer}, id {id}".format(**action),
              "because of", because, flush=True)
