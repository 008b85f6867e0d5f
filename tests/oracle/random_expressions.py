"""Random expressions over a set of typed names: what `check_random.py` puts into definitions.

Only forms that docs/language.md promises: a value that runs with `now` is compared at once.
"""

COMPARE = ("<", "<=", ">", ">=", "==", "!=")
ORDER = ("<", "<=", ">", ">=")
HOUR_LENGTHS = (
    "hours(1)",
    "hours(9)",
    "minutes(90)",
    "minutes(20)",
    "hours(22)",
    'duration("1h30m")',
)
DAY_LENGTHS = (
    "days(1)",
    "days(2)",
    "days(7)",
    "days(10)",
    "weeks(2)",
    "days(30)",
    "days(31)",
    "hours(36)",
    'duration("72h0.001s")',
)
TEXTS = ("hiking", "hike", "running", "tennis", "")


class Expressions:
    """Makes expressions for one set of definitions."""

    def __init__(self, rng, names, zones, literals, decimals):
        self.rng = rng
        self.names = names  # name -> type: int money double string bool timestamp date
        self.zones = zones  # names that accessors may use
        self.literals = literals  # instants, as text, that timestamps may be compared with
        self.decimals = decimals
        self.words = "none"  # of the calendar: none, dates, hours
        self.segmentations = {}  # those that may be read: name -> (whether independent, segments)

    def of(self, kind):
        found = [name for name, its in self.names.items() if its == kind]
        return self.rng.choice(found) if found else None

    def bool(self, depth=2):
        roll = self.rng.random()
        if depth == 0 or roll < 0.5:
            return self.atom()
        if roll < 0.58:
            return f"!({self.bool(depth - 1)})"
        if roll < 0.65:
            return f"(({self.bool(0)}) ? {self.bool(depth - 1)} : {self.bool(depth - 1)})"
        op = self.rng.choice(("&&", "||"))
        return f"({self.bool(depth - 1)} {op} {self.bool(depth - 1)})"

    def atom(self):
        makers = [
            self.number,
            self.number,
            self.since,
            self.since,
            self.money,
            self.other,
            self.literal,
            self.collection,
        ]
        makers += [self.membership] * (4 if self.segmentations else 0)
        if self.words != "none":
            makers += [self.date_word] * 6
        if self.words == "hours":
            makers += [self.hour_word] * 6
        while True:
            if made := self.rng.choice(makers)():
                return made

    def membership(self):
        r = self.rng
        name = r.choice(list(self.segmentations))
        independent, segments = self.segmentations[name]
        segment, other = r.choice(segments), r.choice(segments)
        path = name if name == "persona" else f"segment.{name}"
        forms = [f'in_segment("{name}", "{segment}")'] if name != "persona" else []
        if independent:
            path = f"{path}.{segment}"
            forms += [path, f"!{path}"]
        else:
            forms += [
                f'{path} == "{segment}"',
                f'{path} != "{segment}"',
                f'{path} in ["{segment}", "{other}"]',
                f'"{segment}" == {path}',
                f"has({path})",
                f'{path}.startsWith("{segment[0]}")',
            ]
        length = r.choice(DAY_LENGTHS)
        forms += [
            f"now - since({path}) {r.choice(ORDER)} {length}",
            f"since({path}) + {length} {r.choice(ORDER)} now",
        ]
        return r.choice(forms)

    def number(self):
        r = self.rng
        name, other = self.of("int"), self.of("int")
        if not name:
            return None
        n = r.randint(0, 6)
        return r.choice(
            (
                f"{name} {r.choice(COMPARE)} {n}",
                f"{name} {r.choice(ORDER)} {n}",
                f"{n} {r.choice(ORDER)} {name}",
                f"{name} {r.choice(ORDER)} {other}",
                f"{name} + {n} {r.choice(ORDER)} {other} * 2",
                f"{name} % 2 == {n % 2}",
                f"12 / {name} {r.choice(ORDER)} {n}",
                f"{name} in [{n}, {n + 1}, {n + 4}]",
                f"{name} - {n} == -{n % 3}",
                f"{name} > {n}.5",
            )
        )

    def money_literal(self, top=400):
        units = self.rng.choice(
            (
                0,
                self.rng.randint(0, top * 10**self.decimals),
                self.rng.randint(0, top) * 10**self.decimals,
            )
        )
        whole, rest = divmod(units, 10**self.decimals)
        return f'money("{whole}' + (f'.{rest:0{self.decimals}d}")' if self.decimals else '")')

    def money(self):
        r = self.rng
        name, other = self.of("money"), self.of("money")
        if not name:
            return None
        bound = self.money_literal()
        return r.choice(
            (
                f"{name} {r.choice(ORDER)} {bound}",
                f"{name} {r.choice(COMPARE)} {bound}",
                f"{name} {r.choice(ORDER)} {other}",
                f"{name} * 2 {r.choice(ORDER)} {other} + {bound}",
            )
        )

    def length(self):
        pool = DAY_LENGTHS if self.words != "hours" or self.rng.random() < 0.4 else HOUR_LENGTHS
        return self.rng.choice(pool)

    def since(self):
        r = self.rng
        t, other = self.of("timestamp"), self.of("timestamp")
        if not t:
            return None
        d, e, op, flip = self.length(), self.length(), r.choice(ORDER), r.choice(ORDER)
        forms = [
            f"now - {t} {op} {d}",
            f"now - {t} {op} {d}",
            f"now {op} {t} + {d}",
            f"now - {d} {flip} {t}",
            f"{t} + {d} {op} now",
            f"{d} {flip} now - {t}",
            f"{t} {r.choice(COMPARE)} {other}",
            f"{t} - {other} {op} {d}",
            f"now - {t} == {d}",
            f"now - {t} {op} {d} + {e}",
            f"now - {t} {op} ({self.bool(0)} ? {d} : {e})",
            f"has({t}) && now - {t} {op} {d}",
            f"now {op} (has({other}) ? {other} : {t} + {d})",
            f"now - {t} {op} now - {other}",
            f'duration("0s") - ({t} - now) {op} {d}',
        ]
        if self.words == "none" and r.random() < 0.1:
            forms = [f"now - {t} {op} days(orders + 1)"]
        return r.choice(forms)

    def literal(self):
        r = self.rng
        text = f'timestamp("{r.choice(self.literals)}")'
        t = self.of("timestamp")
        forms = [
            f"now {r.choice(COMPARE)} {text}",
            f"now + {self.length()} {r.choice(ORDER)} {text}",
        ]
        if t:
            forms.append(f"{t} {r.choice(ORDER)} {text}")
        return r.choice(forms)

    def other(self):
        r = self.rng
        kind = r.choice(("string", "bool", "double", "date", "has"))
        name = self.of(kind) if kind != "has" else r.choice(list(self.names) or [None])
        if not name:
            return None
        text, op = r.choice(TEXTS), r.choice(ORDER)
        return r.choice(
            {
                "string": (
                    f'{name} == "{text}"',
                    f'{name} in ["{text}", "running"]',
                    f'{name}.startsWith("hik")',
                    f'{name}.contains("{text}")',
                    f'{name}.endsWith("ing")',
                    f"size({name}) > 4",
                    f'{name} != "{text}"',
                    f'{name} + "x" == "{text}x"',
                ),
                "bool": (name, f"!{name}", f"{name} == true"),
                "double": (
                    f"{name} {r.choice(ORDER)} {r.randint(0, 9)}.375",
                    f"{name} * 2.0 {r.choice(ORDER)} {r.randint(1, 9)}.125",
                ),
                "date": (f'{name} {op} date("{r.randint(1950, 2012)}-0{r.randint(1, 9)}-14")',),
                "has": (f"has({name})", f"!has({name})"),
            }[kind]
        )

    def collection(self):
        r = self.rng
        kinds = ("list of", "map of", "duration")
        found = [name for name, its in self.names.items() if its.startswith(kinds)]
        if not found:
            return None
        name = r.choice(found)
        kind, n, op = self.names[name], r.randint(0, 3), r.choice(ORDER)
        text, key = r.choice(TEXTS), r.choice(TEXTS + ("p1", "spring", "summer", "web"))
        if kind == "duration":
            return f"{name} {op} {r.choice(DAY_LENGTHS + HOUR_LENGTHS)}"
        forms = [f"size({name}) {op} {n}", f"{name}.size() == {n}", f"has({name})"]
        if kind.startswith("list"):
            forms += [f"{name}[0] == {name}[{n}]", f"{name}[{n}] in {name}"]
        if kind == "list of string":
            forms += [f'"{text}" in {name}', f'{name}[{n}].startsWith("hik")']
        if kind == "list of int":
            forms += [f"{name}[0] {op} {name}[{n}] + {n}"]
        if kind.startswith("map"):
            forms += [
                f'"{key}" in {name}',
                f'top({name}) == "{key}"',
                f'{name}["{key}"] {op} {name}["{text}"]',
                f'top({name}) in ["hiking", "p2"] || {self.bool(0)}',
            ]
        if kind == "map of int":
            forms += [f'{name}["{key}"] {op} {n}']
        return r.choice(forms)

    def date_word(self):
        r = self.rng
        t, d = self.of("timestamp"), self.of("date")
        op, n, day = r.choice(ORDER), r.choice((0, 1, 2, 7, 14, 30, 31, 45)), self.length()
        zone = r.choice(self.zones)
        forms = [
            f"weekday(now) {r.choice(COMPARE)} {r.randint(1, 7)}",
            f'season(now) == "{r.choice(("spring", "summer", "winter"))}"',
            f'season(now - {day}) in ["autumn", "summer"]',
            "weekday(now) in [6, 7]",
            "is_weekend(now)",
            f'now.getDayOfWeek("{zone}") {op} {r.randint(0, 6)}',
            f"now.getMonth() {op} {r.randint(0, 11)}",
            f'now.getDate("{zone}") {op} {r.randint(1, 31)}',
            f'now.getDayOfYear("{zone}") {op} {r.randint(0, 360)}',
            "now.getDayOfMonth() % 7 == 0",
            f'local_date(now) {op} date("{r.choice(self.literals)[:10]}")',
            f'start_of_day(now) {op} timestamp("{r.choice(self.literals)}")',
            f'start_of_day(now) + {day} {op} timestamp("{r.choice(self.literals)}")',
        ]
        if t:
            forms += [
                f"calendar_days({t}, now) {op} {n}",
                f"calendar_days({t}, now) {op} {n}",
                f"calendar_days(now, {t}) {op} -{n}",
                f"calendar_days({t}, now) == {n}",
                f"calendar_days({t}, now - {day}) {op} {n}",
                f"months({t}, now) {op} {n % 5}",
                f"start_of_day({t}) + {day} {op} now",
                f"calendar_days({t}, now) + {n} {op} {n} * 2",
                f"local_date({t}) == local_date(now)",
                f"start_of_day(now) - {day} {op} {t}",
                f"weekday({t}) {op} weekday(now)",
                f"calendar_days({t}, now) % 7 == 3",
                f"months(now, {t} + {day}) {op} -{n % 3}",
                f"[{n}, {n + 7}].exists(n, now - {t} {op} days(n))",
                f"[{n}, {n % 7}].all(n, calendar_days({t}, now) {op} n)",
                f"[{t}, start_of_day({t})].filter(x, is_weekend(x) == is_weekend(now)).size() == 1",
            ]
        if d:
            forms += [
                f"age({d}) {op} {r.choice(self.ages)}",
                f"age({d}) {op} {r.choice(self.ages)}",
                f"months({d}, now) {op} {12 * r.choice(self.ages) + n % 5}",
                f"calendar_days({d}, now) {op} {365 * r.choice(self.ages) + 9}",
                f"age({d}) % 2 == 0",
                f"days_until_birthday({d}) {op} {n}",
                f"[{n}, {n * 5}].map(n, days_until_birthday({d}) - n)[0] {op} 9",
            ]
        return r.choice(forms)

    ages = (24, 25, 30, 41)

    def hour_word(self):
        r = self.rng
        op, zone = r.choice(ORDER), r.choice(self.zones)
        hour, t = r.randint(0, 23), self.of("timestamp")
        forms = [
            f"local_time(now) {op} hours({hour})",
            f"local_time(now) {op} hours({hour})",
            "local_time(now) >= hours(9) && "
            f"local_time(now) < hours({10 + hour % 12}) + minutes(30)",
            f'now.getHours("{zone}") {op} {hour}',
            f"now.getHours() == {hour}",
            f'now.getMinutes("{zone}") {op} {r.choice((15, 30, 45))}',
            f"weekday(now) == {1 + hour % 7} && local_time(now) {op} hours(12)",
            f"start_of_day(now) + hours({hour}) {op} now",
        ]
        if t:
            forms += [
                f"local_time({t}) {op} hours({hour}) + minutes(30)",
                f"local_time({t}) {op} hours({hour})",
                f"(now - hours(3)).getHours() {op} {hour}",
            ]
        return r.choice(forms)

    def derived(self):
        """(type, expression) that stands still between instants."""
        r = self.rng
        kind = r.choice(("int", "int", "int", "string", "bool", "timestamp", "money", "days"))
        t, m, i = self.of("timestamp"), self.of("money"), self.of("int")
        if kind == "timestamp" and t:
            forms = [f"{t} + {self.length()}", f"{t} - {self.length()}"]
            if self.words != "none":
                forms += [
                    f"start_of_day({t})",
                    "start_of_day(now)",
                    f"start_of_day({t}) + {self.length()}",
                ]
            return "timestamp", r.choice(forms)
        if kind == "money" and m:
            return "money", r.choice(
                (f"{m} * 3", f"{m} + {self.money_literal(50)}", f"{m} - {m} * 2")
            )
        if kind == "days" and t and self.words != "none":
            return "int", r.choice(
                (f"calendar_days({t}, now)", f"months({t}, now)", "weekday(now)")
            )
        if kind == "bool":
            return "bool", self.bool(1)
        if kind == "string":
            return "string", f'{self.bool(1)} ? "hiking" : {self.bool(0)} ? "tennis" : "no"'
        if i and r.random() < 0.3:
            return "int", f"{i} * 2 + ({self.bool(1)} ? 1 : 0)"
        return "int", f"{self.bool(1)} ? 5 : {self.bool(0)} ? 3 : 1"
