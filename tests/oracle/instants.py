"""Every instant at which a customer might change by themselves: too many, never too few.

From all expressions: the lengths of time they contain, and whether they use calendar words. A
change can only come where a known instant (an event, a timestamp, a literal), a local midnight or,
with words of the hour, a quarter of an hour, shifted by sums of those lengths, is passed. The
oracle tests itself by looking at random instants as well: nothing may change there.
"""

import itertools

import cel
import zones

LENGTHS = {"days": zones.DAY, "hours": zones.HOUR, "minutes": zones.MINUTE, "weeks": 7 * zones.DAY}
DATE_WORDS = {
    "calendar_days",
    "months",
    "age",
    "start_of_day",
    "weekday",
    "is_weekend",
    "days_until_birthday",
    "local_date",
    "season",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
}
HOUR_WORDS = {"getHours", "getMinutes", "local_time"}
COUNTED_LENGTHS = 70  # days(orders): the multiples of its unit that are tried


class Needs:
    """What one expression, with the derived features it reads, is sensitive to."""

    def __init__(self, tree, definitions):
        self.now = self.window = self.dates = self.hours = self.minutes = self.since = False
        self.lengths, self.literals, self.zones = set(), set(), set()
        self.counted = set()  # lengths of the form days(orders)
        self._look(tree, definitions)

    def moves(self):
        return self.now or self.window

    def _look(self, tree, definitions):
        for node in cel.walk(tree):
            if node == ("name", "now"):
                self.now = True
            elif node[0] == "name" and node[1] in definitions.features:
                feature = definitions.features[node[1]]
                if feature.derived:
                    self._look(feature.derived, definitions)
                elif feature.window:
                    self.window = True
            elif node[0] == "call":
                self._call(node[1], node[2])
            elif node[0] == "method":
                self.dates |= node[1] in DATE_WORDS
                self.hours |= node[1] in HOUR_WORDS
                self.minutes |= node[1] == "getMinutes"
                if node[1].startswith("get"):
                    self.zones.update(a[1] for a in node[3]) if node[3] else self.zones.add("UTC")

    def _call(self, name, arguments):
        self.dates |= name in DATE_WORDS
        self.hours |= name in HOUR_WORDS
        self.now |= name in ("age", "days_until_birthday")
        self.since |= name == "since"
        constant = arguments and arguments[0][0] == "literal"
        if name in LENGTHS and constant:
            self.lengths.add(abs(arguments[0][1]) * LENGTHS[name])
        elif name in LENGTHS:
            self.counted |= {n * LENGTHS[name] for n in range(1, COUNTED_LENGTHS)}
        elif name == "duration":
            self.lengths.add(abs(cel.parse_duration(arguments[0][1])) // cel.NANOS)
        elif name == "timestamp":
            self.literals.add(cel.parse_time(arguments[0][1]) // cel.NANOS)

    def shifts(self):
        """Sums of up to three of the lengths (two, where there are many), added or taken away."""
        signed = self.lengths | {-length for length in self.lengths} | {0}
        deep = 3 if len(self.lengths) <= 3 else 2
        found = {sum(some) for some in itertools.combinations_with_replacement(signed, deep)}
        counted = self.counted | {-length for length in self.counted}
        found |= {length + other for length in counted for other in signed}
        return found


def candidates(definitions, events, until):
    """The instants in (first event, until) at which one customer is looked at, ascending."""
    begin, end = events[0].time, until - 1
    known, names = {e.time for e in events}, {definitions.zone.name}
    for event in events:
        known.update(
            v.n // cel.NANOS for v in event.fields.values() if isinstance(v, cel.Timestamp)
        )
        for attribute in definitions.attributes.values():
            raw = event.trait(attribute.trait) if attribute.trait else None
            if attribute.kind == "timestamp" and raw:
                known.add(cel.parse_time(raw) // cel.NANOS)
            elif attribute.kind == "time_zone" and raw:
                names.add(raw)
    found = {
        instant
        for f in definitions.features.values()
        if not f.derived and f.window
        for e in events
        if e.type == f.on
        for instant in f.changes_after(e.time, end)
    }
    for rule in definitions.rules():
        needs = Needs(rule.tree, definitions)
        if needs.moves():
            found |= _of_rule(needs, known, names, begin, end)
    around = {t + d for t in found for d in (-1, 0, 1)}
    return sorted(t for t in around if begin < t <= end)


def after_a_move(definitions, t):
    """What a customer who moves at `t` must be looked at again for: since(...) is `t` now."""
    found = set()
    for rule in definitions.rules():
        needs = Needs(rule.tree, definitions)
        if needs.since:
            found |= {t + shift + d for shift in needs.shifts() for d in (-1, 0, 1)}
    return {later for later in found if later > t}


def _of_rule(needs, known, names, begin, end):
    shifts = needs.shifts()
    bases = known | needs.literals
    found = set()
    if needs.dates or needs.hours:
        reach = max(abs(shift) for shift in shifts)
        for zone in (zones.Zone.get(name) for name in names | needs.zones):
            # A literal or an old timestamp may lie far outside: its own day still counts.
            bases = bases | {zone.start_of(zone.day_of(t)) for t in bases}
            bases |= zone.boundaries(begin - reach, end + reach)
    if needs.hours:
        found = _of_hours(needs, known, names, begin, end)
    return found | {
        t + shift for t in bases for shift in shifts if begin - 1 <= t + shift <= end + 1
    }


def _of_hours(needs, known, names, begin, end):
    quarter = 15 * zones.MINUTE  # every offset since 1972 is a multiple of it
    first = begin // quarter * quarter
    found = set(range(first, end, quarter))
    if needs.minutes:
        found |= set(range(first + zones.MINUTE, end, quarter))  # `getMinutes() > 30` flips at 31
    for zone in (zones.Zone.get(name) for name in names):
        times_of_day = needs.lengths | {zone.local(t) % zones.DAY for t in known}
        for day in range(begin // zones.DAY - 1, end // zones.DAY + 2):
            for offset in zone.offsets_in_use(begin, end):
                found |= {day * zones.DAY + time - offset for time in times_of_day}
    return found
