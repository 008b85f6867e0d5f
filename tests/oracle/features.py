"""What is known of one customer: attributes and features, recomputed from all their events.

Nothing is kept incrementally: a feature's value at an instant is read off all its contributions.
"""

import math
from fractions import Fraction

import cel
import windows
import zones
from amounts import checked

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
    """What `where`, `of` and `by` see: the event, and one item of it where they read `item`."""

    def __init__(self, event, definitions, item=None):
        self.event, self.item = event, item
        self.decimals, self.zone = definitions.decimals, definitions.zone
        self.seasons = definitions.seasons

    def field(self, name):
        return self._known(self.event.fields, name)

    def item_field(self, name):
        return self._known(self.item, name)

    @staticmethod
    def _known(fields, name):
        value = fields.get(name)
        if value is None:
            raise cel.CelError(f"absent: {name}")
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
        trees = {key: cel.parse(spec[key]) for key in ("where", "of", "by") if key in spec}
        self.where, self.of, self.by = (
            cel.compile_tree(trees[key]) if key in trees else None for key in ("where", "of", "by")
        )
        parts = [part for tree in trees.values() for part in cel.walk(tree)]
        self.items = ("name", "item") in parts and next(
            field for field, kind, _ in definitions.fields[self.on] if kind == "list(item)"
        )
        types = {
            f"event.{field}": (kind, scale) for field, kind, scale in definitions.fields[self.on]
        }
        self.scale = types.get(spec.get("of"), (None, 0))[1]
        self.window = windows.make(spec, definitions)

    def contributions(self, event):
        """(order, value, key of a map, first instant that counts, the first that does not)."""
        if event.type != self.on:
            return []
        items = [None]
        if self.items:
            items = event.fields.get(self.items) or []
        begin, end = self.window.span(event.time) if self.window else (None, None)
        made = []
        for item in items:
            env = EventEnv(event, self.definitions, item)
            try:
                if self.where and self.where(env) is not True:
                    continue
                value = self.of(env) if self.of else 1
                key = self.by(env) if self.by else None
            except cel.CelError:
                continue
            if self.aggregate != "decayed" or value >= 0:
                made.append((event.order, value, key, begin, end))
        return made

    def changes_after(self, t, end):
        """The instants at which time alone changes what a contribution at t counts for."""
        begin, over = self.window.span(t)
        lines = self.window.lines(t, end) if self.aggregate == "decayed" else []
        return [begin, over, *lines]

    def read(self, contributions, now):
        """The aggregate at `now`; CelError where it is absent or left its range."""
        live = sorted(
            (order, i)
            for i, (order, _, _, begin, end) in enumerate(contributions)
            if end is None or begin <= now < end
        )
        found = [contributions[i] for _, i in live]
        values = [value for _, value, _, _, _ in found]
        times = [order[0] for order, _, _, _, _ in found]
        of_any = {
            "count": lambda: len(values),
            "sum": lambda: self.total(values),
            "distinct": lambda: len({getattr(value, "n", value) for value in values}),
            "list": lambda: values[-self.n :],
            "map": lambda: self.sums(found),
            "decayed": lambda: self.decayed(values, times, now),
        }
        if self.aggregate in of_any:
            return of_any[self.aggregate]()
        if len(values) < (2 if self.aggregate.endswith("_gap") else self.n):
            raise cel.CelError(f"absent: {self.name}")
        return {
            "avg": lambda: self.average(values),
            "first": lambda: values[0],
            "last": lambda: values[-1],
            "nth": lambda: values[self.n - 1],
            "stddev": lambda: self.deviation(values),
            "min": lambda: min(values),
            "max": lambda: max(values),
            "ratio": lambda: float(Fraction(sum(values), len(values))),
            "mean_gap": lambda: gap(Fraction(times[-1] - times[0], len(times) - 1)),
            "last_gap": lambda: gap(times[-1] - times[-2]),
        }[self.aggregate]()

    def total(self, values):
        kind = self.definitions.feature_types[self.name]
        if kind == "money":
            return checked(cel.Money(sum(value.n for value in values)))
        if kind == "double":
            return float(self.exact(values))
        return checked(sum(values))

    def sums(self, found):
        by_key = {}
        for _, value, key, _, _ in found:
            by_key.setdefault(key, []).append(value)
        return {key: self.total(values) for key, values in by_key.items()}

    def decayed(self, values, times, now):
        exact = [value if isinstance(value, int) else self.exact([value]) for value in values]
        weighed = sum(value * self.window.weight(t, now) for value, t in zip(exact, times))
        return round(Fraction(weighed)) / 10**6

    def exact(self, values):
        """The sum of fixed-point doubles, without any rounding."""
        ten = 10**self.scale
        return Fraction(sum(round(Fraction(value) * ten) for value in values), ten)

    def deviation(self, values):
        """The population's: from whole numbers, so that only the root is rounded."""
        money, ten = isinstance(values[0], cel.Money), 10**self.scale
        units = [v.n if money else round(Fraction(v) * ten) for v in values]
        count = len(units)
        root = math.sqrt(count * sum(n * n for n in units) - sum(units) ** 2)
        return cel.Money(round(root / count)) if money else root / (count * ten)

    def average(self, values):
        if isinstance(values[0], cel.Money):
            return cel.Money(round(Fraction(sum(v.n for v in values), len(values))))  # half-even
        whole = self.exact(values) if isinstance(values[0], float) else Fraction(sum(values))
        return float(whole / len(values))


def gap(milliseconds):
    return cel.Duration(round(milliseconds) * cel.NANOS)


class Customer:
    """One customer's knowledge, and the env in which expressions about them are evaluated."""

    def __init__(self, definitions):
        self.definitions = definitions
        self.decimals = definitions.decimals
        self.now = 0
        self.zone, self.seasons = definitions.zone, definitions.seasons
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
            if not feature.derived:
                self.contributions[name] += feature.contributions(event)
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
                    value = attribute.of(EventEnv(event, self.definitions))
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
