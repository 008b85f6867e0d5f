"""Random definitions and histories for check_random.py: one seed, one set, always the same.

Several small kinds, each aimed at one thing that goes wrong easily, and a general one.
"""

import datetime
import random

import cel
import windows
import zones
from random_expressions import Expressions

ZONES = (
    "UTC",
    "Europe/Paris",
    "America/Santiago",
    "Asia/Beirut",
    "Pacific/Apia",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Atlantic/Azores",
    "Africa/Cairo",
    "America/Asuncion",
)
KINDS = ("windows", "calendar", "journeys", "values", "hours", "general", "segments", "collections")
CURRENCIES = (("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3))
CATEGORIES = ("hiking", "hike", "running", "tennis", "café", "")
WINDOWS = (
    "1m",
    "5m",
    "30m",
    "1h",
    "2h",
    "6h",
    "1d",
    "36h",
    "3d",
    "7d",
    "2w",
    "15d",
    "30d",
    "60d",
    ("2h", "1m"),
    ("3d", "10m"),
    ("30d", "1h"),
    ("7d", "1d"),
    ("1d", "1d"),
    ("1d", "1h"),
    ("15d", "1h"),
)
LOCAL_DAY_WINDOWS = ("15d", "30d", "60d", ("7d", "1d"), ("3d", "1d"), ("1d", "1d"), ("2d", "1d"))
CALENDAR_WINDOWS = ("this_month", "last_month", "this_year", "this_season", "last_season")
DECAYED_WINDOWS = (("6h", "1h"), ("2h", "10m"), ("30m", "1m"), ("15d", "1d"), ("20d", "1d"))
HALF_LIVES = ("30m", "1h", "5h", "1d", "3d", "100h", "7d")
BYS = ("event.category", "event.category", "season(event.time)", "event.source")
ITEM_BYS = ("item.category", "item.product_id")
ITEM_OFS = ("item.quantity", "item.price", "item.price * item.quantity")
ITEM_WHERES = ('item.category == "tennis"', "item.quantity > 1", "event.promotion")
WAITS = ("90m", "12h", "1d", "3d", "7d", "2w", "30d")
WHERES = (
    'event.total >= money("100")',
    'event.category.startsWith("hik")',
    "event.promotion",
    'event.category in ["running", "tennis"]',
    "has(event.category)",
    "size(event.items) > 1",
    "event.items[0].quantity > 1",
    '"sale" in event.tags',
    "event.qty > 1 || event.promotion",
    "!has(event.shipped_at)",
    'event.source == "web"',
    "event.weight < 2.5",
    'event.items[1].price < money("60")',
    "6 / event.qty >= 2",
    "event.tags.size() == 2",
    "event.items.exists(i, i.quantity > 1)",
    'event.items.all(i, i.price < money("60"))',
    'event.tags.exists_one(t, t == "sale")',
    "event.items.filter(i, i.quantity > 1).size() == 1",
)
ORDER_FIELDS = {
    "order_id": "string",
    "total": "money",
    "qty": "int",
    "category": "string",
    "promotion": "bool",
    "weight": {"type": "double", "scale": 2},
    "shipped_at": "timestamp",
    "season": "date",
    "tags": "list(string)",
    "items": "list(item)",
}
SCALARS = {
    "total": "money",
    "qty": "int",
    "category": "string",
    "promotion": "bool",
    "weight": "double",
    "shipped_at": "timestamp",
    "season": "date",
    "time": "timestamp",
}
ATTRIBUTES = {
    "birth_date": {"type": "date", "trait": "birthday"},
    "language": "string",
    "member_until": "timestamp",
    "score": "int",
    "opted": "bool",
    "wallet": "money",
    "home_zone": {"type": "time_zone", "trait": "address.zone"},
    "bought": {"type": "string", "on": "order_completed", "of": "event.category"},
    "shipped": {"type": "timestamp", "on": "order_completed", "of": "event.shipped_at"},
    "count": {"type": "int", "trait": "score", "on": "order_completed", "of": "event.qty * 2"},
}
ATTRIBUTE_TYPES = {
    "birth_date": "date",
    "language": "string",
    "member_until": "timestamp",
    "score": "int",
    "opted": "bool",
    "wallet": "money",
    "bought": "string",
    "shipped": "timestamp",
    "count": "int",
}


class RandomSet:
    """`data` (definitions), `events` (parsed JSON, in time order), `until` (ms), of one seed."""

    def __init__(self, seed):
        self.seed = seed
        self.rng = random.Random(seed)
        self.kind = KINDS[seed % len(KINDS)]
        self.zone_name = self.rng.choice(ZONES)
        self.zone = zones.Zone.get(self.zone_name)
        self.currency, self.decimals = self.rng.choice(CURRENCIES)
        days = self.rng.randint(5, 14) if self.kind == "hours" else self.rng.randint(30, 150)
        self.begin = self._begin(days)
        self.end = self.begin + days * zones.DAY
        self.until = (
            self.end
            + self.rng.choice((0, 1, zones.DAY, 20 * zones.DAY))
            + self.rng.choice((0, 0, 1, 12345))
        )
        self.lengths = [
            zones.DAY,
            7 * zones.DAY,
            30 * zones.DAY,
            14 * zones.DAY,
            2 * zones.DAY,
            12 * zones.HOUR,
            90 * zones.MINUTE,
            zones.HOUR,
            3 * zones.DAY,
        ]
        self.names = {}
        programme = {"currency": self.currency, "time_zone": self.zone_name}
        if self.rng.random() < 0.3:
            programme["seasons"] = {"summer": "04-01", "winter": "10-15"}
        self.data = {
            "programme": programme,
            "events": {
                "order_completed": {"fields": dict(ORDER_FIELDS)},
                "product_viewed": {"fields": {"category": "string", "seconds": "int"}},
            },
        }
        self._attributes()
        self._features()
        self._expressions()
        self._derived()
        self._segmentations()
        self._aimed()
        self._journeys()
        self.events = self._history()

    def _begin(self, days):
        """Half of the histories hold a change of the clocks."""
        year = (
            2011
            if self.zone_name == "Pacific/Apia" and self.rng.random() < 0.6
            else self.rng.randint(1995, 2034)
        )
        start = zones.day_of_date(year, 1, 1) * zones.DAY
        changes = self.zone.changes(start, start + 366 * zones.DAY)
        if changes and self.rng.random() < 0.7:
            return self.rng.choice(changes) - self.rng.randint(1, days) * zones.DAY
        return start + self.rng.randint(0, 365) * zones.DAY

    # ---- Definitions.

    def _attributes(self):
        wanted = dict(ATTRIBUTES)
        if self.kind not in ("calendar", "hours", "general"):
            del wanted["home_zone"]
        self.data["attributes"] = wanted
        self.names.update(ATTRIBUTE_TYPES)

    def _features(self):
        r = self.rng
        made = {
            "orders": {"on": "order_completed", "aggregate": "count"},
            "spend": {"on": "order_completed", "aggregate": "sum", "of": "event.total"},
            "first_order_at": {"on": "order_completed", "aggregate": "first", "of": "event.time"},
            "last_order_at": {"on": "order_completed", "aggregate": "last", "of": "event.time"},
        }
        self.names.update(
            {
                "orders": "int",
                "spend": "money",
                "first_order_at": "timestamp",
                "last_order_at": "timestamp",
            }
        )
        windowed = {"windows": 0.9, "values": 0.2}.get(self.kind, 0.3)
        collected = 0.8 if self.kind == "collections" else 0.2
        for number in range(r.randint(2, 7)):
            name = f"f{number}"
            make = self._collection if r.random() < collected else self._feature
            made[name], self.names[name] = make(r.random() < windowed)
        for spec in made.values():
            if r.random() < 0.8:
                spec["keep"] = True
        self.data["features"] = made

    def _feature(self, windowed):
        r = self.rng
        aggregate = r.choice(
            ("count", "count", "sum", "sum", "min", "max", "avg", "stddev", "first", "last", "nth")
        )
        if windowed and aggregate in ("nth", "stddev"):
            aggregate = "count"
        spec = {"on": "order_completed", "aggregate": aggregate}
        kind = "int"
        if aggregate == "count":
            spec["on"] = r.choice(("order_completed", "product_viewed"))
        else:
            wanted = {
                "sum": ("money", "int", "double"),
                "avg": ("money", "int", "double"),
                "min": ("money", "int", "double", "timestamp", "date"),
            }
            wanted["max"], wanted["stddev"] = wanted["min"], wanted["avg"]
            field, kind = r.choice(
                [
                    item
                    for item in SCALARS.items()
                    if item[1] in wanted.get(aggregate, SCALARS.values())
                ]
            )
            spec["of"] = f"event.{field}"
            if field == "qty" and r.random() < 0.4:
                spec["of"] = r.choice(("event.qty * 2", "6 / event.qty", "event.items[0].quantity"))
            if field == "total" and r.random() < 0.2:
                spec["of"] = "event.items[0].price"
            if aggregate in ("avg", "stddev") and kind == "int":
                kind = "double"
        if spec["on"] == "order_completed" and r.random() < 0.4:
            spec["where"] = r.choice(WHERES)
        elif spec["on"] == "product_viewed" and r.random() < 0.5:
            spec["where"] = r.choice(("event.seconds > 3", 'event.category == "hiking"'))
        if aggregate == "nth":
            spec["n"] = r.randint(1, 5)
        if windowed:
            self._window(spec, self._windows())
        return spec, kind

    def _windows(self):
        return CALENDAR_WINDOWS if self.rng.random() < 0.3 else WINDOWS + LOCAL_DAY_WINDOWS

    def _window(self, spec, choices):
        window = self.rng.choice(choices)
        spec["window"] = window if isinstance(window, str) else window[0]
        if not isinstance(window, str):
            spec["grain"] = window[1]

    def _collection(self, windowed):
        """One of the aggregates that keep more than a number, or weigh it."""
        r = self.rng
        aggregate = r.choice(
            ("distinct", "list", "map", "map", "ratio", "mean_gap", "last_gap", "decayed")
        )
        spec = {"on": "order_completed", "aggregate": aggregate}
        field, of = r.choice(list(SCALARS.items()))
        kind = {
            "distinct": "int",
            "ratio": "double",
            "mean_gap": "duration",
            "last_gap": "duration",
            "decayed": "double",
        }.get(aggregate)
        if aggregate in ("distinct", "list"):
            spec["of"] = f"event.{field}"
            kind = kind or f"list of {of}"
        if aggregate == "list":
            spec["n"] = r.randint(1, 5)
        elif aggregate == "ratio":
            spec["of"] = r.choice(("event.promotion", "event.qty > 1", 'event.category == "hiking"'))
        elif aggregate == "map":
            kind = self._map(spec)
        elif aggregate == "decayed":
            spec["half_life"] = r.choice(HALF_LIVES)
            self._window(spec, DECAYED_WINDOWS)
            if r.random() < 0.5:
                spec["of"] = r.choice(("event.qty", "event.weight", "event.qty * event.qty"))
        if "item." not in str(spec) and r.random() < 0.3:
            spec["where"] = r.choice(WHERES)
        if windowed and aggregate not in ("list", "decayed"):
            self._window(spec, self._windows())
            if aggregate in ("map", "distinct") and spec.get("grain") != "1d":
                if spec["window"] in ("14d", "2w", "15d", "30d"):
                    spec["grain"] = "1d"  # each grain has a collection of its own: not too many
                elif spec.get("grain") == "10m":
                    spec["grain"] = "1h"
        return spec, kind

    def _map(self, spec):
        r = self.rng
        by_item = r.random() < 0.5
        spec["by"] = r.choice(ITEM_BYS if by_item else BYS)
        if by_item and r.random() < 0.4:
            spec["where"] = r.choice(ITEM_WHERES)
        if r.random() < 0.3:
            return "map of int"
        spec["of"] = r.choice(ITEM_OFS if by_item else ("event.total", "event.qty", "event.weight"))
        kinds = {"event.total": "money", "event.weight": "double", "event.qty": "int"}
        kind = kinds.get(spec["of"], "money" if "price" in spec["of"] else "int")
        return f"map of {kind}"

    def _expressions(self):
        literals = [cel.format_time(self._moment([])) for _ in range(4)]
        self.make = Expressions(
            self.rng, self.names, [self.zone_name, "UTC", "Asia/Kathmandu"], literals, self.decimals
        )
        self.make.words = {"calendar": "dates", "hours": "hours"}.get(self.kind, "none")
        if self.kind in ("general", "journeys") and self.rng.random() < 0.4:
            self.make.words = "dates"

    def _derived(self):
        for number in range(self.rng.randint(0, 3)):
            kind, text = self.make.derived()
            self.data["features"][f"d{number}"] = {"value": text, "keep": self.rng.random() < 0.8}
            self.names[f"d{number}"] = kind

    def _segmentations(self):
        """Each may read those made before it; they are defined in another order."""
        r = self.rng
        reading = self.kind == "segments" or r.random() < 0.3
        names = ["life", "interest", "a_third", "big", "zoo"]
        names = r.sample(names, r.randint(3, 5) if self.kind == "segments" else r.randint(1, 3))
        if r.random() < (0.7 if self.kind == "segments" else 0.2):
            names.insert(r.randint(0, len(names)), "persona")
        made, known = {}, {}
        for name in names:
            if reading:
                self.make.segmentations = dict(known)
            independent = name != "persona" and r.random() < 0.4
            rules = {f"s{number}": self.make.bool() for number in range(r.randint(2, 5))}
            made[name] = {"kind": "independent" if independent else "exclusive", "segments": rules}
            known[name] = (independent, list(rules))
            if reading and r.random() < 0.4:
                self._derived_of(name, independent)
        self.make.segmentations = known
        if rules := made.pop("persona", {}).get("segments"):
            self.data["personas"] = {name: {"when": rule} for name, rule in rules.items()}
        if made and r.random() < 0.2:
            made[r.choice(list(made))]["publish"] = False
        r.shuffle(order := list(made))
        self.data["segmentations"] = {name: made[name] for name in order}

    def _derived_of(self, name, independent):
        path = name if name == "persona" else f"segment.{name}"
        path = f"{path}.s0" if independent else path
        test = path if independent else f'{path} == "s0"'
        kind, text = self.rng.choice(
            (
                ("int", f"{test} ? 5 : 1"),
                ("bool", path if independent else f"has({path})"),
                ("timestamp", f"since({path})"),
            )
        )
        self.data["features"][f"of_{name}"] = {"value": text}
        self.names[f"of_{name}"] = kind

    def _aimed(self):
        """Segmentations in which every change of what a kind is about can be seen."""
        rules = {}
        if self.kind in ("windows", "collections"):
            for name, spec in self.data["features"].items():
                if "window" in spec:
                    rules[f"of_{name}"] = self._steps_of(name)
        elif self.kind == "calendar":
            days, bounds = "calendar_days(last_order_at, now)", (30, 14, 7, 1, 0)
            rules["of_days"] = [f"{days} {self.rng.choice(('>', '>='))} {n}" for n in bounds]
            rules["of_age"] = [f"age(birth_date) >= {n}" for n in (41, 30, 25, 24)]
            rules["of_months"] = [f"months(first_order_at, now) >= {n}" for n in (3, 2, 1)]
        for name, texts in rules.items():
            segments = {f"s{number}": text for number, text in enumerate(texts)}
            self.data["segmentations"][name] = {"kind": "exclusive", "segments": segments}

    def _steps_of(self, name):
        """Rules that tell the values of one windowed feature apart."""
        kind = self.names[name]
        if kind == "int":
            return [f"{name} >= {n}" for n in (4, 3, 2, 1)] + [f"has({name})"]
        if kind == "money":
            bounds = ("200", "100", "50", "0")
            return [f'{name} > money("{units}")' for units in bounds] + [f"has({name})"]
        if kind == "double":
            bounds = ("6.375", "4.375", "2.375", "1.0", "0.5", "0.375", "0.0")
            return [f"{name} > {bound}" for bound in bounds] + [f"has({name})"]
        if kind == "duration":
            return [f"{name} > {n}" for n in ("days(3)", "hours(5)", "minutes(20)")]
        if kind.startswith("map"):
            keys = [f'top({name}) == "{key}"' for key in ("hiking", "p1", "spring", "web")]
            return keys + [f"size({name}) > {n}" for n in (4, 3, 2, 1, 0)]
        return [
            f"{name} > first_order_at" if kind == "timestamp" else f"has({name})",
            f"has({name})",
        ]

    def _journeys(self):
        wanted = {"journeys": self.rng.randint(2, 3), "general": self.rng.randint(1, 2)}
        for number in range(wanted.get(self.kind, self.rng.randint(0, 1))):
            self.data.setdefault("journeys", {})[f"j{number}"] = self._journey()

        if self.kind == "journeys":
            self.within = self.rng.choice(("90m", "12h", "1d"))
            self.data["journeys"]["j_goal"] = {
                "enter": {"event": "order_completed", "when": "orders == 1"},
                "goal": {"when": "orders >= 2", "within": self.within},
                "steps": [{"send": {"channel": "sms", "template": "hello"}}],
            }

    def _journey(self):
        r = self.rng
        journey = {"enter": self._enter()}
        if r.random() < 0.25:
            journey["enter"]["when"] = self.make.bool(1)
        if r.random() < 0.6:
            journey["reentry"] = r.choice(("always", "always", "never"))
        if r.random() < 0.4:
            journey["exit_when"] = (
                self.make.bool(1) if r.random() < 0.5 else f"orders >= {r.randint(2, 9)}"
            )
        journey["steps"] = [self._step() for _ in range(r.randint(1, 5))]
        if r.random() < 0.6:
            when = self.make.bool(1) if r.random() < 0.5 else f"orders >= {r.randint(2, 6)}"
            journey["goal"] = {"when": when, "within": r.choice(WAITS)}
            if any("send" in step for step in journey["steps"]):
                journey["goal"]["from"] = r.choice(("entry", "send"))
        return journey

    def _enter(self):
        r = self.rng
        if r.random() < 0.5:
            return {"event": r.choice(("order_completed", "product_viewed"))}
        name = r.choice(list(self.data["segmentations"]) + ["persona"] * ("personas" in self.data))
        persona = name == "persona"
        found = self.data["personas"] if persona else self.data["segmentations"][name]["segments"]
        segments = list(found)
        transition = {"segmentation": name}
        if r.random() < 0.7:
            transition["to"] = segments.pop(r.randrange(len(segments)))
        independent = not persona and self.data["segmentations"][name]["kind"] == "independent"
        one_end = independent and "to" in transition  # it has no other segment at its other end
        if segments and not one_end and r.random() < 0.3:
            transition["from"] = r.choice(segments)
        return {"transition": transition}

    def _step(self):
        r = self.rng
        roll = r.random()
        if roll < 0.55:
            return {"send": {"channel": "email", "template": f"t{r.randint(1, 9)}"}}
        if roll < 0.8:
            return {"wait": r.choice(WAITS)}
        if roll < 0.9:
            return {"wait": {"until": self.make.bool(1)}}
        t, length = self.make.of("timestamp"), self.make.length()
        forms = [f"{t} + {length}", f"{t} + {length} + minutes(1)"]
        if self.make.words != "none":
            forms += [f"start_of_day({t}) + {length}", "start_of_day(now) + hours(9)"]
        return {"wait": {"until": r.choice(forms)}}

    # ---- Histories.

    def _moment(self, earlier):
        """An instant: anywhere, on a grid line, at a midnight, beside an event, in a DST night."""
        r = self.rng
        t = r.randint(self.begin, self.end - 1)
        roll = r.random()
        if roll < 0.2:
            grid = r.choice((zones.MINUTE, 10 * zones.MINUTE, zones.HOUR, zones.DAY))
            t = t // grid * grid + r.choice((-1, 0, 0, 1))
        elif roll < (0.5 if self.kind in ("windows", "calendar") else 0.35):
            t = self.zone.start_of(self.zone.day_of(t)) + r.choice((-1, 0, 0, 1, zones.HOUR))
        elif roll < (0.8 if self.kind == "journeys" else 0.68) and earlier:
            t = r.choice(earlier)
            if r.random() < 0.75:
                t += r.choice(self.lengths) * r.choice((1, 1, 1, 2)) + r.choice((-1, 0, 0, 1))
        elif roll < 0.82:
            changes = self.zone.changes(self.begin, self.end)
            if changes:
                t = r.choice(changes) + r.choice((0, 1, -1)) * r.choice(
                    (1, zones.HOUR, 30 * zones.MINUTE)
                )
        elif roll < 0.9:
            t = t // zones.DAY * zones.DAY + zones.DAY // 2
        return (
            t if self.begin <= t < self.end + 5 * zones.DAY else r.randint(self.begin, self.end - 1)
        )

    def _history(self):
        r = self.rng
        customers = r.sample(
            ("c1", "c2", "anon:7f", "Zoé", "c/5", "0006"), r.choice((2, 2, 3, 3, 4, 6))
        )
        total = r.choice((r.randint(5, 60), r.randint(30, 60)))
        ids = [f"e{number:02d}" for number in range(total)]
        r.shuffle(ids)  # ids do not follow time, so that ties differ from the order of arrival
        times, events = {name: [] for name in customers}, []
        for event_id in ids:
            name = r.choice(customers)
            t = self._moment(times[name])
            times[name].append(t)
            events.append(self._event(event_id, name, t))
            if events[-1]["type"] == "identify" and r.random() < 0.5:
                # Two writers at one instant: the greater id wins, whichever comes first.
                rival = self._event(r.choice("az") + event_id, name, t)
                events.append({**rival, "type": "identify", "data": self._identify()})
        if self.kind == "journeys":
            events += self._second_orders(events)
        events.sort(key=lambda e: (e["time"], e["source"], e["id"]))
        return events

    def _second_orders(self, events):
        """An order where the goal's window after each customer's first one ends, or beside it."""
        first = {}
        for event in events:
            if event["type"] == "order_completed":
                name = event["subject"]
                first[name] = min(first.get(name, event["time"]), event["time"])
        made = []
        for number, (name, time) in enumerate(sorted(first.items())):
            end = cel.parse_time(time) // cel.NANOS + windows.parse_length(self.within)
            made.append(self._event(f"z{number}", name, end + self.rng.choice((-1, 0, 0, 1))))
        return made

    def _event(self, event_id, customer, t):
        r = self.rng
        roll = r.random()
        event_type = (
            "order_completed" if roll < 0.6 else "product_viewed" if roll < 0.82 else "identify"
        )
        if roll > 0.98:
            event_type = "undeclared_type"
        body = {
            "order_completed": self._order,
            "product_viewed": self._view,
            "identify": self._identify,
        }.get(event_type, dict)()
        return {
            "specversion": "1.0",
            "id": event_id,
            "source": r.choice(("web", "shop")),
            "type": event_type,
            "time": cel.format_time(t),
            "subject": customer,
            "data": body,
        }

    def _amount(self, top=150):
        r = self.rng
        units = r.choice(
            (0, r.randint(0, top * 10**self.decimals), r.randint(0, top) * 10**self.decimals)
        )
        whole, rest = divmod(units, 10**self.decimals)
        return f"{whole}.{rest:0{self.decimals}d}" if self.decimals else str(whole)

    def _order(self):
        r = self.rng
        items = [
            {
                "product_id": f"p{r.randint(1, 9)}",
                "category": r.choice(CATEGORIES),
                "quantity": r.randint(0, 3),
                "price": self._amount(100),
            }
            for _ in range(r.randint(0, 3))
        ]
        body = {
            "order_id": f"o{r.randint(1, 99)}",
            "total": self._amount(),
            "qty": r.randint(-1, 4),
            "category": r.choice(CATEGORIES),
            "promotion": r.random() < 0.5,
            "weight": f"{r.randint(-50, 900) / 100:.2f}",
            "items": items,
            "shipped_at": cel.format_time(self._moment([])),
            "season": f"{r.randint(2000, 2030)}-0{r.randint(1, 9)}-{r.randint(10, 28)}",
            "tags": r.sample(("sale", "gift", "web"), r.randint(0, 3)),
            "unknown": {"x": [1, 2]},
        }
        for name in list(body):
            if r.random() < 0.12:
                if r.random() < 0.5:
                    del body[name]
                else:
                    body[name] = None
        if r.random() < 0.2:
            body["currency"] = self.currency
        return body

    def _view(self):
        return {"category": self.rng.choice(CATEGORIES), "seconds": self.rng.randint(0, 9)}

    def _identify(self):
        r = self.rng
        year = zones.date_of_day(self.begin // zones.DAY).year
        traits = {}
        if r.random() < 0.7:
            born = zones.date_of_day(r.randint(self.begin, self.end) // zones.DAY)
            birthday = datetime.date(
                year - r.choice((24, 25, 30, 41)), born.month, min(born.day, 28)
            )
            traits["birthday"] = birthday.isoformat()
            if r.random() < 0.2:
                traits["birthday"] = r.choice(("1984-02-29", "2000-02-29"))
        if r.random() < 0.3:
            traits["language"] = r.choice(("fr", "hiking", "de-CH"))
        if r.random() < 0.4:
            traits["member_until"] = cel.format_time(self._moment([]))
        if r.random() < 0.3:
            traits["score"] = r.randint(-3, 6)
        if r.random() < 0.3:
            traits["opted"] = r.random() < 0.5
        if r.random() < 0.2:
            traits["wallet"] = self._amount()
        if r.random() < 0.5:
            traits["address"] = {"zone": r.choice(ZONES), "city": "Lyon"}
        return {"traits": traits}
