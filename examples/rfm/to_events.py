#!/usr/bin/env python3
"""Turns rfm_data_orders.csv, of the R package `rfm`, into events, one JSON object a line.

Usage: to_events.py rfm_data_orders.csv [--shuffle SEED] [--repeat-every N]
An order lies at 12:00:00 UTC on its day, one second later for each further row of the same customer
and day; each row has an id of its own. The customer's name is their id; nothing else personal is
taken.
"""

import argparse
import collections
import csv
import json
import random


def events(path):
    seen = collections.Counter()
    with open(path, encoding="utf-8", newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows), 1):
            customer, day = row["customer_id"], row["order_date"]
            second = seen[customer, day]
            seen[customer, day] += 1
            yield {
                "specversion": "1.0",
                "id": f"rfm-{number:05d}",
                "source": "shop",
                "type": "order_completed",
                "subject": customer,
                "time": f"{day}T12:{second // 60:02d}:{second % 60:02d}Z",
                "data": {"order_id": f"rfm-{number:05d}", "total": int(row["revenue"])},
            }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", help="path of rfm_data_orders.csv")
    parser.add_argument(
        "--shuffle", type=int, metavar="SEED", help="write the lines in random order"
    )
    parser.add_argument("--repeat-every", type=int, metavar="N", help="send every Nth event twice")
    arguments = parser.parse_args()
    lines = [
        json.dumps(event, separators=(",", ":"), ensure_ascii=False)
        for event in events(arguments.csv)
    ]
    if arguments.repeat_every:
        lines += lines[arguments.repeat_every - 1 :: arguments.repeat_every]
    if arguments.shuffle is not None:
        random.Random(arguments.shuffle).shuffle(lines)
    for text in lines:
        print(text)


if __name__ == "__main__":
    main()
