#!/usr/bin/env python3
"""Replays examples/cdnow with the binary and checks every number its README tells.

Usage: check_cdnow.py --parcours BIN
The history is replayed as it is, in Segment's form, shuffled with every tenth event twice, and in
an order of arrival with 72 hours of disorder.
"""

import argparse
import csv
import datetime
import json
import pathlib
import random
import tempfile

from checking import (
    Checks,
    DATA,
    by_time,
    digests,
    features_and_segments,
    records,
    replay,
    to_events,
)

UNTIL = "1998-07-01T00:00:00Z"
DISORDER_HOURS = 72
SEGMENTS = {"developing": 26, "loyal": 159, "vip": 115, "lapsing": 215, "lost": 1842}
JOURNEY = {"entered": 2357, "exited": 436, "sent": 1921, "completed": 1921, "converted": 185}


def check_totals(checks, summary, out):
    checks.equal("events", summary["counters"]["events"], 6919)
    for name in (
        "duplicates",
        "late",
        "ignored",
        "rejected",
        "after_until",
        "duplicates_unchecked",
    ):
        checks.equal(name, summary["counters"][name], 0)
    customers = records(out, "customers")
    checks.equal("customers", len(customers), 2357)
    checks.equal("orders", sum(c["features"]["orders"] for c in customers), 6919)
    checks.equal("cents", int(sum(c["features"]["spend"] for c in customers) * 100), 24409194)
    checks.equal("CDs", sum(c["features"]["cds"] for c in customers), 16479)


def check_lifecycle(checks, summary, out):
    row = summary["transitions"]["lifecycle"]
    checks.equal("transitions", row["total"], 10249)
    checks.equal("transitions, by cause", sum(by_time(summary, "lifecycle")), 10249)
    checks.equal("transitions, by pair", sum(p["event"] + p["time"] for p in row["pairs"]), 10249)
    written = records(out, "transitions")
    checks.equal("transitions written", len(written), 10249)
    timed = [t for t in written if "time" in t["cause"]]
    checks.equal("transitions by time", len(timed), row["time"])
    checks.equal("more than half by time alone", len(timed) * 2 > len(written), True)
    checks.equal(
        "moves by time that are not at midnight",
        [t for t in timed if t["at"][10:] != "T00:00:00.000Z"],
        [],
    )
    members = {name: n for name, n in summary["members"]["lifecycle"].items() if n}
    checks.equal("members", members, SEGMENTS)


def check_customers(checks, out):
    path = DATA / "cdnow" / "expected_lifecycle_1998-06-30.csv"
    if not path.exists():
        print(f"skipped: {path} is not here, so customers are not compared one by one")
        return
    found = {}
    for record in records(out, "customers"):
        features = record["features"]
        found[record["customer"]] = (
            str(features["orders"]),
            str(features["cds"]),
            str(int(features["spend"] * 100)),
            features["first_order_at"][:10],
            features["last_order_at"][:10],
            record["segments"]["lifecycle"]["segment"],
        )
    with open(path, encoding="utf-8", newline="") as rows:
        expected = {
            row["customer"]: (
                row["orders"],
                row["cds"],
                row["cents"],
                row["first"],
                row["last"],
                row["segment"],
            )
            for row in csv.DictReader(rows)
        }
    checks.equal("customers of the expected file", sorted(found), sorted(expected))
    for customer in sorted(expected):
        checks.equal(f"customer {customer}", found.get(customer), expected[customer])


def check_journey(checks, summary, out):
    journey = summary["journeys"]["second_purchase"]
    for what, expected in JOURNEY.items():
        checks.equal(f"journey: {what}", journey[what], expected)
    actions = records(out, "actions")
    checks.equal("actions", len(actions), 1921)
    checks.equal(
        "actions not at midnight", [a for a in actions if a["at"][10:] != "T00:00:00.000Z"], []
    )
    decisions = [d["decision"] for d in records(out, "decisions")]
    checks.equal("decisions", (decisions.count("sent"), decisions.count("exited")), (1921, 436))
    nudged = {action["customer"] for action in actions}
    orders = {c["customer"]: c["features"]["orders"] for c in records(out, "customers")}
    again = sum(orders[customer] >= 2 for customer in nudged)
    checks.equal("bought again more than 30 days after", again - journey["converted"], 531)
    checks.equal("never bought again", len(nudged) - again, 1205)


def as_from_shop(out):
    """The digests that an output of Segment events would have, were its source `shop`."""
    found = {}
    for kind in digests.KINDS:
        with open(out / f"{kind}.ndjson", "rb") as lines:
            found[kind] = digests.digest_of_lines(
                line.replace(b'"source":"segment"', b'"source":"shop"') for line in lines
            )
    return found


def disordered(source, destination, seed=1):
    """The history as it might arrive: each event up to 72 hours after its time."""
    rng = random.Random(seed)

    def arrival(line):
        time = datetime.datetime.fromisoformat(json.loads(line)["time"].replace("Z", "+00:00"))
        return time + datetime.timedelta(hours=rng.uniform(0, DISORDER_HOURS))

    lines = source.read_text(encoding="utf-8").splitlines()
    destination.write_text("\n".join(sorted(lines, key=arrival)) + "\n", encoding="utf-8")
    return destination


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcours", required=True, help="the binary")
    binary = parser.parse_args().parcours
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        events = to_events("cdnow", folder / "events.ndjson")
        summary = replay(binary, "cdnow", events, UNTIL, folder / "out")
        check_totals(checks, summary, folder / "out")
        check_lifecycle(checks, summary, folder / "out")
        check_customers(checks, folder / "out")
        check_journey(checks, summary, folder / "out")
        checks.equal("digests recomputed", digests.digests(folder / "out"), summary["digests"])

        segment = to_events("cdnow", folder / "segment.ndjson", "--format", "segment")
        its = replay(binary, "cdnow", segment, UNTIL, folder / "out-segment")
        checks.equal(
            "digests of Segment's file", digests.digests(folder / "out-segment"), its["digests"]
        )
        checks.equal("Segment's answers", as_from_shop(folder / "out-segment"), summary["digests"])

        shuffled = to_events(
            "cdnow", folder / "shuffled.ndjson", "--shuffle", "7", "--repeat-every", "10"
        )
        its = replay(binary, "cdnow", shuffled, UNTIL, folder / "out-shuffled")
        checks.equal("duplicates", its["counters"]["duplicates"], 691)
        checks.equal("digests, shuffled and with duplicates", its["digests"], summary["digests"])

        late = disordered(events, folder / "late.ndjson")
        its = replay(binary, "cdnow", late, UNTIL, folder / "out-late", order="arrival")
        checks.equal("some events came late", its["counters"]["late"] > 0, True)
        checks.equal("members, in order of arrival", its["members"], summary["members"])
        checks.equal(
            "features and segments, in order of arrival",
            features_and_segments(folder / "out-late"),
            features_and_segments(folder / "out"),
        )
        checks.equal(
            "digests, in order of arrival", digests.digests(folder / "out-late"), its["digests"]
        )
    checks.finish("cdnow")


if __name__ == "__main__":
    main()
