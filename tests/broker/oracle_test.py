#!/usr/bin/env python3
"""The oracle of the broker tests, itself: it agrees with `parcours replay` on made-up histories,
and it notices each thing that must not be.

    oracle_test.py --parcours BIN [--seeds 5]
"""

import argparse
import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import oracle

DEFINITIONS = pathlib.Path(__file__).resolve().parent / "definitions"
START = oracle.instant_of("2026-01-01T00:00:00Z")


def history(rng, customers=40, orders=25):
    """Event lines in the order of their times: rushes, silences, exact bounds, duplicates, ties."""
    lines = []
    for number in range(customers):
        time = START + rng.randrange(2000)
        sequence = 0
        for _ in range(rng.randint(1, orders)):
            steps = [rng.randrange(500), rng.randrange(12_000), 0]
            steps += [oracle.QUIET_MS, oracle.QUIET_MS + 1, oracle.QUIET_MS + oracle.WORD_MS + 1]
            time += rng.choice(steps)
            # Now and then one is lost on the way: `whole` must notice.
            sequence += 2 if rng.random() < 0.02 else 1
            line = oracle.event_line(f"c{number}", "till", sequence, rng.randrange(300), time)
            lines += [line] * (2 if rng.random() < 0.1 else 1)
    key = lambda line: (json.loads(line)["time"], json.loads(line)["id"])
    return sorted(lines, key=key)


def shaken(rng, lines):
    """The same lines, some of them seconds later than they happened."""
    shift = lambda place: place + (rng.randrange(40) if rng.random() < 0.2 else 0)
    places = sorted(range(len(lines)), key=shift)
    return [lines[place] for place in places]


def replayed(binary, lines, until, folder):
    """({kind: lines}, summary) of a replay; log time is the latest event time so far."""
    source = folder / "events.ndjson"
    source.write_text("".join(f"{line}\n" for line in lines))
    done = subprocess.run(
        [binary, "replay", "--definitions", DEFINITIONS, "--input", source, "--out", folder]
        + ["--until", oracle.text_of(until), "--order", "arrival", "--shards", "4"]
        + ["--format", "json"],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"replay: exit code {done.returncode}\n{done.stderr}")
    read = {k: (folder / f"{k}.ndjson").read_text().splitlines() for k in oracle.KINDS}
    return read, json.loads(done.stdout)


def told(lines, until):
    orders = [oracle.order_of(line, 0) for line in lines]
    clock = itertools.accumulate((order.time for order in orders), max)
    orders = [order._replace(log_time=time) for order, time in zip(orders, clock)]
    return oracle.expected(orders, until - 1)


def compare(binary, seed):
    """How much is wrong; what came out, to be spoilt."""
    lines = history(random.Random(seed))
    last = oracle.instant_of(json.loads(lines[-1])["time"])
    if seed % 2:
        lines = shaken(random.Random(seed), lines)
    until = last + random.Random(seed).choice([1, 3000, 60_000])
    customers = told(lines, until)
    with tempfile.TemporaryDirectory(prefix="parcours-oracle-") as folder:
        published, summary = replayed(binary, lines, until, pathlib.Path(folder))
    wrong = []
    for kind in oracle.KINDS:
        wrong += oracle.differences(customers, kind, published[kind])
    counted = sum(customer.orders for customer in customers.values())
    if summary["counters"]["events"] != counted:
        wrong.append(f"{summary['counters']['events']} events instead of {counted}")
    for sentence in wrong[:5]:
        print(f"WRONG seed {seed}: {sentence}")
    totals = {kind: oracle.total(customers, kind) for kind in oracle.KINDS}
    late = sum('"late":true' in line for line in published["transitions"])
    print(f"seed {seed}: {len(lines)} lines, {totals}, {late} late, {len(wrong)} wrong")
    return len(wrong), customers, published


def replaced(lines, place, **fields):
    record = {**json.loads(lines[place]), **fields}
    return [*lines[:place], json.dumps(record, separators=(",", ":")), *lines[place + 1 :]]


def spoilt(lines):
    """(what was done, lines) that must not pass."""
    middle = len(lines) // 2
    name = json.loads(lines[middle])["customer"]
    mine = [at for at, line in enumerate(lines) if json.loads(line)["customer"] == name]
    yield "one lost", lines[:middle] + lines[middle + 1 :]
    yield "one twice", lines[: middle + 1] + lines[middle:]
    yield "the last lost", lines[:-1]
    yield "one of nobody", [*lines, lines[0].replace('"customer":"', '"customer":"nobody-')]
    yield "another time", replaced(lines, middle, at="2026-01-01T00:00:00.000Z")
    yield "another number", replaced(lines, middle, number=10_000)
    yield "a space", [*lines[:middle], lines[middle].replace(":", ": ", 1), *lines[middle + 1 :]]
    if "id" in json.loads(lines[0]):
        yield "an id twice", replaced(lines, 0, id=json.loads(lines[1])["id"])
    if len(mine) > 1:
        turned = list(lines)
        turned[mine[0]], turned[mine[1]] = lines[mine[1]], lines[mine[0]]
        yield "out of order", turned


def check_notices(customers, published):
    wrong = planted = 0
    for kind in oracle.KINDS:
        for what, lines in spoilt(published[kind]):
            planted += 1
            if not list(oracle.differences(customers, kind, lines)):
                wrong += 1
                print(f"WRONG {kind}, {what}: not noticed")
    print(f"{planted} planted faults, {wrong} not noticed")
    return wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parcours", required=True, type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    wrong = 0
    for seed in range(options.seeds):
        found, customers, published = compare(options.parcours.resolve(), seed)
        wrong += found
        if seed == 0 and not found:
            wrong += check_notices(customers, published)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
