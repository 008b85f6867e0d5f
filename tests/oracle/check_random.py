#!/usr/bin/env python3
"""Compares `parcours replay` with the oracle over random definitions and histories.

Usage: check_random.py --parcours BIN --seeds N [--first S]
Each seed makes one set of definitions and one history (random_sets.py). Transitions, actions,
decisions, members, journeys and what is known of each customer must be the same, and the digests
must be those of the files. A difference is made smaller, then printed with its seed and its folder;
exit code 1.
"""

import argparse
import copy
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

import cel
import digests
import oracle
import tiny_yaml
from definitions import Definitions
from random_sets import RandomSet

SHRINK_SECONDS_MAX = 30
PRINTED_MAX = 12
ARRIVAL_EVERY = 4  # of the seeds are also replayed in a random order of arrival


class Case:
    """Definitions and a history, and what both sides make of them."""

    def __init__(self, data, events, until, seed):
        self.data, self.events, self.until, self.seed = data, events, until, seed

    def write(self, folder, events):
        (folder / "definitions").mkdir(parents=True, exist_ok=True)
        text = tiny_yaml.write(self.data)
        (folder / "definitions" / "set.yaml").write_text(text, encoding="utf-8")
        with open(folder / "events.ndjson", "w", encoding="utf-8") as out:
            for event in events:
                out.write(json.dumps(event, ensure_ascii=False) + "\n")

    def replay(self, binary, folder, order):
        """(summary, None) or (None, what went wrong)."""
        out = folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        command = [
            binary,
            "replay",
            "--definitions",
            str(folder / "definitions"),
            "--input",
            str(folder / "events.ndjson"),
            "--until",
            cel.format_time(self.until),
            "--out",
            str(out),
            "--format",
            "json",
        ]
        if order:
            command += ["--order", order]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            return None, "replay: no answer within 60 s"
        if done.returncode != 0:
            return None, f"replay: exit code {done.returncode}: {done.stderr.strip()[:2000]}"
        return json.loads(done.stdout), None

    def differences(self, binary, folder):
        """Every difference, in words; empty if there is none."""
        rng = random.Random(self.seed)
        lines = self.events + rng.sample(self.events, len(self.events) // 8)
        rng.shuffle(lines)  # a plain file is sorted, and equal (time, source, id) are one
        self.write(folder, lines)
        summary, trouble = self.replay(binary, folder, None)
        if trouble:
            return [trouble]
        expected = oracle.run(self.data, self.events, self.until)
        found = read_out(folder / "out")
        trouble = compare(expected, found, summary, self.data)
        if self.seed % ARRIVAL_EVERY == 0 and not trouble:
            trouble = self.arrival_differences(binary, folder, expected, rng)
        return trouble

    def arrival_differences(self, binary, folder, expected, rng):
        """Features and segments do not depend on the order of arrival. No duplicates here: they may
        come after more than the 72 hours for which an id is remembered."""
        lines = list(self.events)
        rng.shuffle(lines)
        self.write(folder, lines)
        _, trouble = self.replay(binary, folder, "arrival")
        found = (
            [trouble]
            if trouble
            else compare_customers(expected, read_out(folder / "out"), self.data, since=False)
        )
        return [line + " (--order arrival)" for line in found]


def read_out(folder):
    found = {"folder": folder}
    for kind in digests.KINDS:
        with open(folder / f"{kind}.ndjson", encoding="utf-8") as lines:
            found[kind] = [json.loads(line, parse_float=Decimal) for line in lines]
    return found


def cause_of(record):
    cause = record["cause"]
    return (
        ("event", cause["event"]["source"], cause["event"]["id"])
        if "event" in cause
        else ("time", cause["time"])
    )


def keys(expected, found, kind, fields, cause):
    """Both sides' records as tuples."""

    def one(record, at):
        row = tuple(record[field] for field in fields) + (at,)
        return row + (cause_of(record) if cause else ())

    return (
        [one(record, cel.format_time(record["at"])) for record in expected[kind]],
        [one(record, record["at"]) for record in found[kind]],
    )


def compare(expected, found, summary, data):
    trouble = []
    for kind, fields, cause in (
        ("transitions", ("customer", "number", "segmentation", "from", "to"), True),
        (
            "actions",
            (
                "customer",
                "number",
                "journey",
                "step",
                "occurrence",
                "channel",
                "template",
                "purpose",
            ),
            False,
        ),
        ("decisions", ("customer", "number", "journey", "step", "occurrence", "decision"), True),
    ):
        ours, theirs = keys(expected, found, kind, fields, cause)
        trouble += [
            f"{kind}: only the oracle has {row}" for row in sorted(set(ours) - set(theirs), key=str)
        ]
        trouble += [
            f"{kind}: only replay has {row}" for row in sorted(set(theirs) - set(ours), key=str)
        ]
        if not trouble and len(ours) != len(theirs):
            trouble.append(f"{kind}: {len(theirs)} lines instead of {len(ours)}")
    trouble += compare_customers(expected, found, data, since=True)
    trouble += compare_summary(expected, summary)
    recomputed = digests.digests(found["folder"])
    if summary["digests"] != recomputed:
        trouble.append(f"digests: printed {summary['digests']}, of the files {recomputed}")
    return trouble


def compare_customers(expected, found, data, since):
    definitions = Definitions(data)
    trouble = []
    theirs = {record["customer"]: record for record in found["customers"]}
    if set(theirs) != set(expected["customers"]):
        trouble.append(f"customers: {sorted(theirs)} instead of {sorted(expected['customers'])}")
    for name in set(theirs) & set(expected["customers"]):
        ours, record = expected["customers"][name], theirs[name]
        known = {**record["attributes"], **record["features"]}
        if set(record["features"]) != definitions.used:
            trouble.append(f"customers: {name}: features are {sorted(record['features'])}")
        for thing in list(definitions.attributes) + list(definitions.features):
            if not same(ours["values"].get(thing), known.get(thing), definitions):
                trouble.append(
                    f"customers: {name}: {thing} is {known.get(thing)!r} instead of "
                    f"{ours['values'].get(thing)!r}"
                )
        for segmentation, (segment, began) in ours["segments"].items():
            got = record["segments"].get(segmentation) or {"segment": None}
            if got["segment"] != segment:
                trouble.append(
                    f"customers: {name}: {segmentation} is {got['segment']} instead of {segment}"
                )
            elif since and segment and got["since"] != cel.format_time(began):
                trouble.append(
                    f"customers: {name}: {segmentation} since {got['since']} instead of "
                    f"{cel.format_time(began)}"
                )
        if since:
            trouble += compare_runs(name, ours["journeys"], record["journeys"])
    return trouble


def runs_of(journey):
    return journey["runs"] if isinstance(journey, dict) else journey


def compare_runs(name, ours, theirs):
    """Replay shows the runs that matter still: each must be the oracle's, and all that wait."""
    trouble = []
    for journey in sorted(set(ours) | set(theirs)):
        mine = {run["occurrence"]: run for run in ours.get(journey, [])}
        shown = {run["occurrence"]: run for run in runs_of(theirs.get(journey, []))}
        for number in sorted(set(mine) | set(shown)):
            expected = mine.get(number)
            if expected and expected["state"] != "waiting" and number not in shown:
                continue
            found = dict(shown.get(number) or {})
            if found and expected and expected["state"] != "waiting":
                found["step"] = found["step_started_at"] = None
            if found != expected:
                trouble.append(
                    f"customers: {name}: {journey}, run {number}: {found} instead of {expected}"
                )
        its = theirs.get(journey, {})
        entered = its.get("occurrences", 0) if isinstance(its, dict) else len(mine)
        if entered != len(mine):
            trouble.append(
                f"customers: {name}: entered {journey} {entered} times instead of {len(mine)}"
            )
    return trouble


def same(ours, theirs, definitions):
    """Whether a value of the oracle is what JSON shows."""
    if ours is None or theirs is None:
        return ours is None and theirs is None
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, float):
        return abs(ours - float(theirs)) <= 1e-9 * max(1.0, abs(ours))
    if isinstance(ours, cel.Money):
        return Decimal(ours.n).scaleb(-definitions.decimals) == theirs
    if isinstance(ours, int):
        return not isinstance(theirs, str) and ours == theirs
    return (ours if isinstance(ours, str) else oracle.plain(ours)) == theirs


def compare_summary(expected, summary):
    trouble = []
    for name, segments in expected["members"].items():
        ours = {segment: n for segment, n in segments.items() if n}
        theirs = {
            segment: n
            for segment, n in summary["members"][name].items()
            if n and segment in segments
        }
        if ours != theirs:
            trouble.append(f"summary: members of {name}: {theirs} instead of {ours}")
    for name in expected["members"]:
        total, by_time = expected["moves"].get(name, (0, 0))
        row = summary["transitions"].get(name, {"total": 0, "event": 0, "time": 0})
        if (row["total"], row["event"], row["time"]) != (total, total - by_time, by_time):
            trouble.append(
                f"summary: transitions of {name}: {row} instead of {total}, {by_time} by time"
            )
    for name, ours in expected["journeys"].items():
        theirs = summary["journeys"].get(name, {})
        for what in ("entered", "sent", "exited", "converted", "completed"):
            # Beyond its bound of open goal windows replay closes the oldest, and says so.
            bounded = what == "converted" and theirs.get("goals_dropped", 0) > 0
            if theirs.get(what) != ours[what] and not bounded:
                trouble.append(
                    f"summary: journey {name}: {what} {theirs.get(what)} instead of {ours[what]}"
                )
        for mine, its in zip(ours["steps"], theirs.get("steps", [])):
            for what in ("step", "kind", "entered", "sent", "exited"):
                if mine[what] != its[what]:
                    trouble.append(
                        f"summary: journey {name}, step {mine['step']}: {what} {its[what]} "
                        f"instead of {mine[what]}"
                    )
    return trouble


def smaller(case, binary, folder):
    """The case with as much left out as still differs, as far as the time allows."""
    end = time.monotonic() + SHRINK_SECONDS_MAX
    progress = True
    while progress:
        progress = False
        for candidate in cuts(case):
            if time.monotonic() > end:
                return case
            try:
                differs = bool(candidate.differences(binary, folder))
            except (KeyError, ValueError):  # what was cut made no sense: keep what there was
                differs = False
            if differs:
                case, progress = candidate, True
                break
    return case


def cuts(case):
    """Smaller cases, the boldest first: one customer, half the events, one event, one name less."""
    customers = sorted({event["subject"] for event in case.events})
    for name in customers if len(customers) > 1 else []:
        yield with_events(case, [e for e in case.events if e["subject"] == name])
    size = len(case.events) // 2
    while size:
        for first in range(0, len(case.events), size):
            yield with_events(case, case.events[:first] + case.events[first + size :])
        size //= 2
    for section in ("journeys", "segmentations", "features"):
        for name in case.data.get(section, {}):
            if cut := without(case, section, name):
                yield cut
    for name, body in case.data.get("segmentations", {}).items():
        for segment in body["segments"] if len(body["segments"]) > 1 else []:
            data = copy.deepcopy(case.data)
            del data["segmentations"][name]["segments"][segment]
            yield Case(data, case.events, case.until, case.seed)


def with_events(case, events):
    return Case(case.data, events, case.until, case.seed)


def without(case, section, name):
    """The case without one definition, or None if another needs it."""
    data = copy.deepcopy(case.data)
    del data[section][name]
    rest = json.dumps(
        {key: data[key] for key in ("features", "segmentations", "journeys") if key in data}
    )
    if name in rest:
        return None
    if not data[section]:
        del data[section]
    return Case(data, case.events, case.until, case.seed)


def report(case, seed, kind, binary, folder):
    small = smaller(case, binary, folder)
    trouble = small.differences(binary, folder)
    print(f"seed {seed} ({kind}) differs; repeat it with --first {seed} --seeds 1")
    print(
        f"a smaller form is in {folder}: {len(small.events)} events, "
        f"until {cel.format_time(small.until)}"
    )
    for line in trouble[:PRINTED_MAX]:
        print(f"  {line}")
    if len(trouble) > PRINTED_MAX:
        print(f"  and {len(trouble) - PRINTED_MAX} more")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcours", required=True, help="the binary")
    parser.add_argument("--seeds", type=int, default=30, help="how many sets")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--stop-after", type=int, default=5, metavar="N", help="differing sets")
    arguments = parser.parse_args()
    failed = transitions = actions = by_time = 0
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"oracle-{seed}-"))
        made = RandomSet(seed)
        case = Case(made.data, made.events, made.until, seed)
        if case.differences(arguments.parcours, folder):
            failed += 1
            report(case, seed, made.kind, arguments.parcours, folder)
            if failed >= arguments.stop_after:
                break
            continue
        summary = read_counts(folder / "out")
        transitions, by_time, actions = (
            a + b for a, b in zip((transitions, by_time, actions), summary)
        )
        shutil.rmtree(folder)
    print(
        f"{arguments.seeds} sets from seed {arguments.first}: {failed} differ; "
        f"{transitions} transitions ({by_time} by time alone), {actions} actions agree"
    )
    sys.exit(1 if failed else 0)


def read_counts(folder):
    out = read_out(folder)
    return (
        len(out["transitions"]),
        sum("time" in t["cause"] for t in out["transitions"]),
        len(out["actions"]),
    )


if __name__ == "__main__":
    main()
