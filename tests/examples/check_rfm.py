#!/usr/bin/env python3
"""Replays the orders of the R package `rfm` through examples/rfm and checks its published answers.

Usage: check_rfm.py --parcours BIN [--data DIR]   DIR holds rfm_data_orders.csv
"""

import argparse
import datetime
import pathlib
import sys
import tempfile

from checking import Checks, DATA, digests, records, replay, to_events

UNTIL = "2007-01-01T00:00:00Z"
SEGMENTS = {  # customers, orders, whole units
    "champions": (35, 316, 31646),
    "potential_loyalist": (342, 2211, 204856),
    "loyal": (170, 799, 76562),
    "promising": (9, 28, 4249),
    "new_customers": (104, 329, 28837),
    "cant_lose": (47, 274, 32446),
    "at_risk": (28, 216, 22227),
    "need_attention": (10, 57, 4562),
    "about_to_sleep": (102, 283, 23449),
    "lost_customers": (148, 393, 35324),
}
CUSTOMERS = {  # last order, orders, spend, scores
    "Abbey O'Reilly": (205, 6, 472, 343),
    "Add Senger": (140, 3, 340, 412),
    "Aden Lesch": (194, 4, 405, 323),
    "Agness O'Keefe": (90, 9, 843, 555),
    "Ailene Hermann": (281, 8, 699, 355),
    "Aiyanna Bruen": (246, 4, 157, 321),
}


def check_segments(checks, summary, customers):
    checks.equal("events", summary["counters"]["events"], 4906)
    checks.equal("customers", len(customers), 995)
    found = {name: [0, 0, 0] for name in SEGMENTS}
    for record in customers:
        row = found[record["segments"]["rfm"]["segment"]]
        row[0] += 1
        row[1] += record["features"]["orders"]
        row[2] += record["features"]["spend"]
    for name, expected in SEGMENTS.items():
        checks.equal(f"segment {name}: customers, orders, units", tuple(found[name]), expected)
        checks.equal(f"members of {name}", summary["members"]["rfm"][name], expected[0])


def check_customers(checks, customers):
    features = {record["customer"]: record["features"] for record in customers}
    for name, (days, orders, spend, scores) in CUSTOMERS.items():
        its = features[name]
        checks.equal(
            f"{name}: days since the last order", days_before_2006_12_31(its["last_order_at"]), days
        )
        checks.equal(f"{name}: orders and spend", (its["orders"], its["spend"]), (orders, spend))
        checks.equal(
            f"{name}: scores",
            its["recency"] * 100 + its["frequency"] * 10 + its["monetary"],
            scores,
        )


def days_before_2006_12_31(time):
    return (datetime.date(2006, 12, 31) - datetime.date.fromisoformat(time[:10])).days


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcours", required=True, help="the binary")
    parser.add_argument("--data", default=DATA / "rfm", help="folder of rfm_data_orders.csv")
    arguments = parser.parse_args()
    path = pathlib.Path(arguments.data) / "rfm_data_orders.csv"
    if not path.exists():
        print(f"skipped: {path} is not here, so the rfm example is not checked")
        sys.exit(0)
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        events = to_events("rfm", folder / "events.ndjson", str(path))
        summary = replay(arguments.parcours, "rfm", events, UNTIL, folder / "out")
        customers = records(folder / "out", "customers")
        check_segments(checks, summary, customers)
        check_customers(checks, customers)
        checks.equal("digests recomputed", digests.digests(folder / "out"), summary["digests"])
        shuffled = to_events(
            "rfm", folder / "shuffled.ndjson", str(path), "--shuffle", "7", "--repeat-every", "10"
        )
        its = replay(arguments.parcours, "rfm", shuffled, UNTIL, folder / "out-shuffled")
        checks.equal("duplicates", its["counters"]["duplicates"], 490)
        checks.equal("digests, shuffled and with duplicates", its["digests"], summary["digests"])
    checks.finish("rfm")


if __name__ == "__main__":
    main()
