#!/usr/bin/env python3
"""Turns CDNOW_sample.txt into events, one JSON object a line, on standard output.

An order lies at 12:00:00 UTC on its day, one second later for each further row of the same customer
and day, so that event time keeps the file's order. Rows that repeat another exactly are real
orders, so each row has an id of its own.
"""

import argparse
import collections
import datetime
import json
import pathlib
import random


def orders(path):
    """(order id, customer, instant, CDs, dollars as text) of each row."""
    seen = collections.Counter()
    with open(path, encoding="ascii") as rows:
        for number, row in enumerate(rows, 1):
            _, customer, day, cds, dollars = row.split()
            noon = datetime.datetime.strptime(day, "%Y%m%d") + datetime.timedelta(hours=12)
            instant = noon + datetime.timedelta(seconds=seen[customer, day])
            seen[customer, day] += 1
            yield f"cdnow-{number:05d}", customer, instant, int(cds), dollars


def canonical(order_id, customer, instant, cds, dollars):
    head = {
        "specversion": "1.0",
        "id": order_id,
        "source": "shop",
        "type": "order_completed",
        "time": f"{instant:%Y-%m-%dT%H:%M:%S}Z",
        "subject": customer,
    }
    return line(head, "data", order_id, cds, dollars)


def segment(order_id, customer, instant, cds, dollars):
    head = {
        "type": "track",
        "messageId": order_id,
        "userId": customer,
        "timestamp": f"{instant:%Y-%m-%dT%H:%M:%S}Z",
        "event": "Order Completed",
    }
    return line(head, "properties", order_id, cds, dollars)


def line(head, body_name, order_id, cds, dollars):
    """JSON by hand for the body only: dollars stay the decimal text they are in the file."""
    body = f'{{"order_id":{json.dumps(order_id)},"total":{dollars},"cds":{cds}}}'
    return json.dumps(head, separators=(",", ":"))[:-1] + f',"{body_name}":{body}}}'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    here = pathlib.Path(__file__).parent
    parser.add_argument("--file", default=here / "CDNOW_sample.txt")
    parser.add_argument("--format", choices=("canonical", "segment"), default="canonical")
    parser.add_argument(
        "--shuffle", type=int, metavar="SEED", help="write the lines in random order"
    )
    parser.add_argument("--repeat-every", type=int, metavar="N", help="send every Nth event twice")
    arguments = parser.parse_args()
    write = canonical if arguments.format == "canonical" else segment
    lines = [write(*order) for order in orders(arguments.file)]
    if arguments.repeat_every:
        lines += lines[arguments.repeat_every - 1 :: arguments.repeat_every]
    if arguments.shuffle is not None:
        random.Random(arguments.shuffle).shuffle(lines)
    for text in lines:
        print(text)


if __name__ == "__main__":
    main()
