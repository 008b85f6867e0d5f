#!/usr/bin/env python3
"""A second, naive implementation of the definitions: docs/language.md, read again from nothing.

It has no horizons and no timers. Each customer is looked at, in full, at every instant at which
anything could change (instants.py) and after each of their events; what then differs is reported.
Usage: oracle.py --definitions DIR --input FILE --until TIME   prints what `run` returns, as JSON.
"""

import argparse
import heapq
import json
import pathlib
from decimal import Decimal

import cel
import features
import instants
import tiny_yaml
from definitions import Definitions


class MissedInstant(Exception):
    """Something changed at an instant that instants.py had not foreseen: the oracle is wrong."""


class Run:
    """One customer's way through one journey."""

    def __init__(self, journey, occurrence, now):
        self.journey, self.occurrence, self.entered_at = journey, occurrence, now
        self.state, self.position = "waiting", 0
        self.started = None  # when the present step began
        self.converted_at = None
        self.windows = []  # of the goal: (first instant, last instant)
        self.sent = 0
        if journey.goal and not journey.from_send:
            self.windows.append((now, now + journey.within))

    def record(self):
        """The run as customers.ndjson shows it; the step only while one waits."""
        waits = self.state == "waiting"
        return {
            "occurrence": self.occurrence,
            "entered_at": cel.format_time(self.entered_at),
            "state": self.state,
            "sent": self.sent,
            "step": self.journey.steps[self.position].name if waits else None,
            "step_started_at": cel.format_time(self.started) if waits else None,
            "converted_at": (
                None if self.converted_at is None else cel.format_time(self.converted_at)
            ),
        }


class Walker:
    """One customer, from their first event to the end."""

    def __init__(self, name, definitions):
        self.name, self.definitions = name, definitions
        self.customer = features.Customer(definitions)
        self.segments = {segmentation: (None, None) for segmentation in definitions.segmentations}
        self.runs = {journey.name: [] for journey in definitions.journeys}
        self.transitions, self.actions, self.decisions = [], [], []
        self.steps = []  # (journey, step number, what): entered, sent, exited, converted
        self.agenda = []  # instants found while walking: ends of waits

    def walk(self, events, until, extra=()):
        foreseen = instants.candidates(self.definitions, events, until)
        looks = [(t, 0) for t in foreseen]
        known = set(foreseen)
        looks += [(t, 0) for t in extra if events[0].time < t < until and t not in known]
        looks += [(event.time, number) for number, event in enumerate(events, 1)]
        looks.sort()  # at one instant the customer's own dues come before its events
        for t, number in looks:
            self._agenda_before(t, until)
            if number:
                self._event(events[number - 1])
            elif self._time(t) and t not in known:
                raise MissedInstant(f"{self.name} at {cel.format_time(t)}")
        self._agenda_before(until - 1, until)
        self.customer.now = until - 1

    def _agenda_before(self, t, until):
        """Waits that end by `t`, found only once they had begun."""
        while self.agenda and self.agenda[0] <= t:
            due = heapq.heappop(self.agenda)
            if self.customer.now < due < until:
                self._time(due)

    def _event(self, event):
        self.customer.now = event.time
        self.customer.apply(event)
        cause = {"event": {"source": event.source, "id": event.id}}
        self._settle(event.time, cause, list(self.definitions.segmentations), event.type)

    def _time(self, t):
        self.customer.now = t
        cause = {"time": cel.format_time(t)}
        return self._settle(t, cause, sorted(self.definitions.segmentations), None)

    def _settle(self, now, cause, segmentations, event_type):
        """Segmentations, goals, exits, enters, steps; returns whether anything changed."""
        before = (len(self.transitions), len(self.decisions), len(self.steps))
        moves = [move for name in segmentations if (move := self._segment(name, now, cause))]
        for journey in self.definitions.journeys:
            self._goal(journey, now)
        for journey in self.definitions.journeys:
            self._exit(journey, now, cause)
        for journey in self.definitions.journeys:
            self._enter(journey, now, event_type, moves)
        for journey in self.definitions.journeys:
            self._advance(journey, now, cause)
        return before != (len(self.transitions), len(self.decisions), len(self.steps))

    def _segment(self, name, now, cause):
        found = None
        for segment, rule in self.definitions.segmentations[name].items():
            if self.customer.is_true(rule.function):
                found = segment
                break
        old = self.segments[name][0]
        if found == old:
            return None
        self.segments[name] = (found, now)
        self.transitions.append(
            {"segmentation": name, "from": old, "to": found, "at": now, "cause": cause}
        )
        return name, old, found

    def _goal(self, journey, now):
        for run in self.runs[journey.name]:
            self._goal_of(run, now)

    def _goal_of(self, run, now):
        if run.converted_at is None and any(a <= now <= b for a, b in run.windows):
            if self.customer.is_true(run.journey.goal.function):
                run.converted_at = now
                for number in range(run.position):
                    if run.journey.steps[number].send:
                        self.steps.append((run.journey.name, number, "converted"))

    def _waiting(self, journey):
        return next((run for run in self.runs[journey.name] if run.state == "waiting"), None)

    def _exit(self, journey, now, cause):
        run = self._waiting(journey)
        if (
            not run
            or not journey.exit_when
            or not self.customer.is_true(journey.exit_when.function)
        ):
            return
        run.state = "exited"
        self.steps.append((journey.name, run.position, "exited"))
        for number in range(run.position, len(journey.steps)):
            if journey.steps[number].send:
                self._decide(run, number, "exited", now, cause)

    def _enter(self, journey, now, event_type, moves):
        if not self._triggered(journey, event_type, moves) or self._waiting(journey):
            return
        if self.runs[journey.name] and not journey.always:
            return
        if journey.when and not self.customer.is_true(journey.when.function):
            return
        if journey.exit_when and self.customer.is_true(journey.exit_when.function):
            return
        run = Run(journey, len(self.runs[journey.name]) + 1, now)
        self.runs[journey.name].append(run)
        self._begin(run, now)
        self._goal_of(run, now)  # the window opens at this instant, which counts

    @staticmethod
    def _triggered(journey, event_type, moves):
        if journey.event:
            return journey.event == event_type
        want = journey.transition
        return any(
            want["segmentation"] == name
            and want.get("from", old) == old
            and want.get("to", new) == new
            for name, old, new in moves
        )

    def _begin(self, run, now):
        """The present step starts."""
        run.started = now
        if run.position == len(run.journey.steps):
            run.state = "completed"
            return
        self.steps.append((run.journey.name, run.position, "entered"))
        if length := run.journey.steps[run.position].length:
            heapq.heappush(self.agenda, now + length)

    def _advance(self, journey, now, cause):
        """Steps until the journey waits."""
        run = self._waiting(journey)
        while run and run.state == "waiting" and self._passes(run, now, cause):
            run.position += 1
            self._begin(run, now)
            if run.windows and run.windows[-1][0] == now:
                self._goal_of(run, now)

    def _passes(self, run, now, cause):
        step = run.journey.steps[run.position]
        if step.send:
            self._send(run, step, now, cause)
            return True
        if step.until is None:
            return now >= run.started + step.length
        value = self.customer.test(step.until.function)
        if isinstance(value, cel.Timestamp):
            due = -(-value.n // cel.NANOS)
            if due > now:
                heapq.heappush(self.agenda, due)
            return due <= now
        return value is True

    def _send(self, run, step, now, cause):
        run.sent += 1
        self.steps.append((run.journey.name, run.position, "sent"))
        self.actions.append(
            {
                "journey": run.journey.name,
                "step": step.name,
                "at": now,
                "occurrence": run.occurrence,
                "channel": step.send["channel"],
                "template": step.send["template"],
                "purpose": step.send.get("purpose", "marketing"),
            }
        )
        self._decide(run, run.position, "sent", now, cause)
        if run.journey.from_send:
            run.windows.append((now, now + run.journey.within))

    def _decide(self, run, number, decision, now, cause):
        self.decisions.append(
            {
                "journey": run.journey.name,
                "decision": decision,
                "at": now,
                "step": run.journey.steps[number].name,
                "cause": cause,
                "occurrence": run.occurrence,
            }
        )

    def way(self):
        """Each journey's runs, as customers.ndjson shows them."""
        return {name: [run.record() for run in runs] for name, runs in self.runs.items() if runs}

    def knowledge(self):
        """Attributes and features in use as they stand, absent ones left out."""
        names = list(self.definitions.attributes) + sorted(self.definitions.used)
        values = {name: self.customer.test(lambda env, n=name: env.value(n)) for name in names}
        return {name: value for name, value in values.items() if value is not None}


def histories(definitions, raw_events, until):
    """Each customer's events in order; equal (time, source, id) once, undeclared types left out."""
    found = {}
    for raw in raw_events:
        if raw["type"] != "identify" and raw["type"] not in definitions.fields:
            continue
        event = features.Event(raw, definitions)
        if event.time < until:
            key = (event.time, event.source.encode(), event.id.encode())
            found.setdefault(raw["subject"], {}).setdefault(key, event)
    return {name: [events[key] for key in sorted(events)] for name, events in sorted(found.items())}


def run(data, raw_events, until, extra=()):
    """What comes of a set of definitions (as YAML holds it) and a history (parsed JSON)."""
    definitions = Definitions(data)
    walkers = []
    for name, events in histories(definitions, raw_events, until).items():
        walker = Walker(name, definitions)
        walker.walk(events, until, extra)
        walkers.append(walker)
    return {
        "transitions": numbered(walkers, "transitions"),
        "actions": numbered(walkers, "actions"),
        "decisions": numbered(walkers, "decisions"),
        "customers": {
            w.name: {"values": w.knowledge(), "segments": dict(w.segments), "journeys": w.way()}
            for w in walkers
        },
        "members": members(definitions, walkers),
        "moves": moves(walkers),
        "journeys": {j.name: journey_summary(j, walkers) for j in definitions.journeys},
    }


def numbered(walkers, kind):
    return [
        {"customer": w.name, "number": number, **record}
        for w in walkers
        for number, record in enumerate(
            (r for r in getattr(w, kind) if r.get("segmentation") not in w.definitions.unpublished), 1
        )
    ]


def moves(walkers):
    """By segmentation: how many transitions were made, published or not, and by time alone."""
    found = {}
    for transition in (t for w in walkers for t in w.transitions):
        total, by_time = found.get(transition["segmentation"], (0, 0))
        found[transition["segmentation"]] = (total + 1, by_time + ("time" in transition["cause"]))
    return found


def members(definitions, walkers):
    found = {
        name: {segment: 0 for segment in segments}
        for name, segments in definitions.segmentations.items()
    }
    for walker in walkers:
        for name, (segment, _) in walker.segments.items():
            if segment:
                found[name][segment] += 1
    return found


def journey_summary(journey, walkers):
    runs = [run for w in walkers for run in w.runs[journey.name]]
    marks = [mark for w in walkers for mark in w.steps if mark[0] == journey.name]
    steps = []
    for number, step in enumerate(journey.steps):
        row = {"step": step.name, "kind": step.kind}
        for what in ("entered", "sent", "exited", "converted"):
            row[what] = marks.count((journey.name, number, what))
        steps.append(row)
    return {
        "entered": len(runs),
        "sent": sum(r.sent for r in runs),
        "exited": sum(r.state == "exited" for r in runs),
        "converted": sum(r.converted_at is not None for r in runs),
        "completed": sum(r.state == "completed" for r in runs),
        "steps": steps,
    }


def plain(value, decimals=2):
    """A value as JSON shows it."""
    if isinstance(value, cel.Timestamp):
        return cel.format_time(value.n // cel.NANOS)
    if isinstance(value, cel.Money):
        return float(Decimal(value.n).scaleb(-decimals))
    if isinstance(value, cel.Date):
        return cel.zones.date_of_day(value.n).isoformat()
    return str(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--definitions", required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--until", required=True)
    arguments = parser.parse_args()
    with open(arguments.input, encoding="utf-8") as lines:
        events = [json.loads(line, parse_float=Decimal) for line in lines if line.strip()]
    data = tiny_yaml.read_folder(pathlib.Path(arguments.definitions))
    result = run(data, events, cel.parse_time(arguments.until) // cel.NANOS)
    print(json.dumps(result, default=plain, indent=1))


if __name__ == "__main__":
    main()
