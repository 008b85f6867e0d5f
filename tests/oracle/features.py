"""What is known of one customer: attributes and features, recomputed from all their events.

Nothing is kept incrementally: a feature's value at an instant is read off all its contributions.
"""

from fractions import Fraction

import cel
import zones
from amounts import checked

UNITS = {
    "ms": 1,
    "s": zones.SECOND,
    "m": zones.MINUTE,
    "h": zones.HOUR,
    "d": zones.DAY,
    "w": 7 * zones.DAY,
}


def parse_length(text):
    """ "7d" -> milliseconds."""
    number = text.rstrip("mshdw")
    return int(number) * UNITS[text[len(number) :]]


def default_grain(length):
    if length <= zones.HOUR:
        return zones.MINUTE
    if length <= zones.DAY:
        return 10 * zones.MINUTE
    return zones.HOUR if length <= 14 * zones.DAY else zones.DAY


def read_value(kind, raw, decimals, scale):
    """A JSON value of a declared type -> a CEL value; numbers come as int, Decimal or text."""
    if raw is None:
        return None
    if kind == "money":
        return cel.Money(cel.parse_money(str(raw), decimals))
    if kind == "double":
        return float(Fraction(cel.parse_money(str(raw), scale), 10**scale))
    if kind == "timestamp":
        return cel.at(cel.parse_time(raw) // cel.NANOS)
    if kind == "date":
        return cel.FUNCTIONS["date"](None, raw[:10])
    if kind == "list(item)":
        types = {"product_id": "string", "category": "string", "quantity": "int", "price": "money"}
        return [
            {name: read_value(types[name], item.get(name), decimals, 0) for name in types}
            for item in raw
        ]
    return int(raw) if kind == "int" else raw


class Event:
    """One event, its fields typed."""

    def __init__(self, raw, definitions):
        self.type, self.id, self.source = raw["type"], raw["id"], raw["source"]
        self.time = cel.parse_time(raw["time"]) // cel.NANOS
        self.order = (self.time, self.id.encode(), self.source.encode())  # how ties are broken
        self.fields = {"time": cel.at(self.time), "id": self.id, "source": self.source}
        data, self.traits = raw.get("data", {}), {}
        if self.type == "identify":
            self.traits = data.get("traits", {})
            return
        for name, kind, scale in definitions.fields[self.type]:
            self.fields[name] = read_value(kind, data.get(name), definitions.decimals, scale)

    def trait(self, path):
        """What an identify says under a dotted path, or None."""
        found = self.traits
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found


class EventEnv:
    """What `where` and `of` see."""

    def __init__(self, event, decimals):
        self.event, self.decimals = event, decimals

    def field(self, name):
        value = self.event.fields.get(name)
        if value is None:
            raise cel.CelError(f"absent: event.{name}")
        return value


class Feature:
    """One definition of a feature, compiled."""

    def __init__(self, name, spec, definitions):
        self.name, self.definitions = name, definitions
        self.derived = cel.parse(spec["value"]) if "value" in spec else None
        if self.derived:
            self.value = cel.compile_tree(self.derived)
            return
        self.on, self.aggregate, self.n = spec["on"], spec["aggregate"], int(spec.get("n", 1))
        self.where = cel.compile_text(spec["where"]) if "where" in spec else None
        self.of = cel.compile_text(spec["of"]) if "of" in spec else None
        types = {
            f"event.{field}": (kind, scale) for field, kind, scale in definitions.fields[self.on]
        }
        self.scale = types.get(spec.get("of"), (None, 0))[1]
        self.window = "window" in spec
        if self.window:
            self.length = parse_length(spec["window"])
            grain = spec.get("grain")
            self.grain = parse_length(grain) if grain else default_grain(self.length)

    def contribution(self, event):
        """(order, value, the instant from which it no longer counts), or None."""
        if event.type != self.on:
            return None
        env = EventEnv(event, self.definitions.decimals)
        try:
            if self.where and self.where(env) is not True:
                return None
            value = self.of(env) if self.of else 1
        except cel.CelError:
            return None
        return event.order, value, self.end_of(event.time) if self.window else None

    def end_of(self, t):
        """The first grid line at or after t + length."""
        if self.grain < zones.DAY:
            return -(-(t + self.length) // self.grain) * self.grain
        zone = self.definitions.zone
        line = zone.day_of(t - 1) + 1  # the first day that starts at or after t
        left = self.length // zones.DAY
        while left:  # a day that the zone skipped has no line of its own
            left -= zone.start_of(line + 1) != zone.start_of(line)
            line += 1
        return zone.start_of(line)

    def read(self, contributions, now):
        """The aggregate at `now`; CelError where it is absent or left its range."""
        live = sorted(
            (order, i)
            for i, (order, _, end) in enumerate(contributions)
            if end is None or now < end
        )
        values = [contributions[i][1] for _, i in live]
        if self.aggregate == "count":
            return len(values)
        if self.aggregate == "sum":
            return self.total(values)
        if len(values) < self.n:
            raise cel.CelError(f"absent: {self.name}")
        if self.aggregate == "avg":
            return self.average(values)
        pick = {"first": 0, "last": -1, "nth": self.n - 1}
        if self.aggregate in pick:
            return values[pick[self.aggregate]]
        return min(values) if self.aggregate == "min" else max(values)

    def total(self, values):
        kind = self.definitions.feature_types[self.name]
        if kind == "money":
            return checked(cel.Money(sum(value.n for value in values)))
        if kind == "double":
            return float(self.exact(values))
        return checked(sum(values))

    def exact(self, values):
        """The sum of fixed-point doubles, without any rounding."""
        ten = 10**self.scale
        return Fraction(sum(round(Fraction(value) * ten) for value in values), ten)

    def average(self, values):
        if isinstance(values[0], cel.Money):
            return cel.Money(round(Fraction(sum(v.n for v in values), len(values))))  # half-even
        whole = self.exact(values) if isinstance(values[0], float) else Fraction(sum(values))
        return float(whole / len(values))


class Customer:
    """One customer's knowledge, and the env in which expressions about them are evaluated."""

    def __init__(self, definitions):
        self.definitions = definitions
        self.decimals = definitions.decimals
        self.now = 0
        self.zone = definitions.zone
        self.attributes = {}  # name -> (order, value)
        self.contributions = {name: [] for name in definitions.features}
        # Exclusive: name -> (segment or None, since when); independent: name -> {segment: since}.
        exclusive = [s for s in definitions.segmentations if s not in definitions.independent]
        self.segments = {segmentation: (None, None) for segmentation in exclusive}
        self.members = {segmentation: {} for segmentation in definitions.independent}
        self._cache, self._cached_at = {}, None

    def apply(self, event):
        if event.type == "identify":
            self._identify(event)
        self._attributes_of(event)
        for name, feature in self.definitions.features.items():
            if not feature.derived and (made := feature.contribution(event)):
                self.contributions[name].append(made)
        self._cached_at = None

    def _identify(self, event):
        for name, attribute in self.definitions.attributes.items():
            raw = event.trait(attribute.trait) if attribute.trait else None
            if raw is not None:
                value = read_value(attribute.kind, raw, self.decimals, attribute.scale)
                self._write(name, attribute, event, value)

    def _attributes_of(self, event):
        for name, attribute in self.definitions.attributes.items():
            if attribute.on == event.type:
                try:
                    value = attribute.of(EventEnv(event, self.decimals))
                except cel.CelError:
                    continue
                self._write(name, attribute, event, value)

    def _write(self, name, attribute, event, value):
        """The last writer by event time wins, then the greater id, then the greater source."""
        if name not in self.attributes or event.order > self.attributes[name][0]:
            self.attributes[name] = (event.order, value)
            if attribute.kind == "time_zone":
                self.zone = zones.Zone.get(value)

    def forget_cache(self):
        """To be called when a segment was entered or left."""
        self._cached_at = None

    def segment(self, name, member=None):
        """segment.lifecycle, or segment.interests.tennis."""
        if member:
            return member in self.members[name]
        segment = self.segments[name][0]
        if segment is None:
            raise cel.CelError(f"absent: segment.{name}")
        return segment

    def in_segment(self, name, segment):
        if name in self.members:
            return segment in self.members[name]
        return self.segments[name][0] == segment

    def since(self, name, member=None):
        since = self.members[name].get(member) if member else self.segments[name][1]
        if since is None:
            raise cel.CelError(f"absent: since(segment.{name})")
        return cel.at(since)

    def value(self, name):
        if name == "persona":
            return self.segment("persona")
        if name in self.attributes:
            return self.attributes[name][1]
        feature = self.definitions.features.get(name)
        if not feature:
            raise cel.CelError(f"absent: {name}")
        if self._cached_at != self.now:
            self._cache, self._cached_at = {}, self.now
        if name not in self._cache:
            self._cache[name] = self._evaluate(feature)
        if isinstance(self._cache[name], cel.CelError):
            raise self._cache[name]
        return self._cache[name]

    def _evaluate(self, feature):
        try:
            if feature.derived:
                return feature.value(self)
            return feature.read(self.contributions[feature.name], self.now)
        except cel.CelError as error:
            return error

    def test(self, expression):
        """The value of an expression, or None where it is an error."""
        try:
            return expression(self)
        except cel.CelError:
            return None

    def is_true(self, expression):
        return self.test(expression) is True
