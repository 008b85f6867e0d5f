"""The core of CEL as definitions use it, the naive way: text -> tree -> Python functions.

It tells values only: there is no horizon here. `&&` and `||` absorb errors as CEL says. Values:
bool, int, float, str, None, list, dict (an item), and those of amounts.py.
"""

import datetime
import re

import zones
from amounts import (
    NANOS,
    OPERATORS,
    Amount,
    CelError,
    Date,
    Duration,
    Money,
    Timestamp,
    at,
    checked,
    format_time,
    parse_duration,
    parse_money,
    parse_time,
)

# ---- Text to tree. A node is a tuple whose first element names it.

_TOKEN = re.compile(
    r"""
    \s+ | //[^\n]*
  | (?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
  | (?P<hex>0x[0-9a-fA-F]+) | (?P<int>\d+)
  | (?P<string>r?(?:\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<op>&&|\|\||<=|>=|==|!=|[-+*/%!<>?:.,()\[\]])
""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def _tokens(text):
    position, out = 0, []
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise ValueError(f"cannot read expression at {position}: {text}")
        if found.lastgroup:
            out.append((found.lastgroup, found.group(found.lastgroup)))
        position = found.end()
    return out + [("end", "")]


def _unquote(text):
    raw, body = text[0] == "r", text.removeprefix("r")
    body = body[3:-3] if body[:3] in ('"""', "'''") else body[1:-1]
    if raw:
        return body
    return re.sub(
        r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))",
        lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else _ESCAPES.get(m[3], m[3]),
        body,
        flags=re.DOTALL,
    )


class _Parser:
    LEVELS = [
        ("||",),
        ("&&",),
        ("<", "<=", ">", ">=", "==", "!=", "in"),
        ("+", "-"),
        ("*", "/", "%"),
    ]

    def __init__(self, text):
        self.tokens = _tokens(text)
        self.next = 0

    def take(self, *texts):
        kind, text = self.tokens[self.next]
        if kind in ("op", "name") and text in texts:
            self.next += 1
            return text
        return None

    def need(self, text):
        if not self.take(text):
            raise ValueError(f"expected {text!r}, found {self.tokens[self.next][1]!r}")

    def whole(self):
        node = self.ternary()
        if self.tokens[self.next][0] != "end":
            raise ValueError(f"unexpected {self.tokens[self.next][1]!r}")
        return node

    def ternary(self):
        condition = self.binary(0)
        if not self.take("?"):
            return condition
        yes = self.binary(0)
        self.need(":")
        return ("cond", condition, yes, self.ternary())

    def binary(self, level):
        if level == len(self.LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while op := self.take(*self.LEVELS[level]):
            left = ("binary", op, left, self.binary(level + 1))
        return left

    def unary(self):
        if self.take("!"):
            return ("not", self.unary())
        if self.take("-"):
            kind, text = self.tokens[self.next]
            if kind in ("int", "hex"):  # so that -2^63 can be written
                self.next += 1
                return self.member(("literal", -int(text, 0)))
            return ("minus", self.unary())
        return self.member(self.primary())

    def member(self, node):
        while True:
            if self.take("."):
                name = self.tokens[self.next][1]
                self.next += 1
                if self.take("("):
                    node = ("method", name, node, self.arguments(")"))
                else:
                    node = ("select", node, name)
            elif self.take("["):
                node = ("index", node, self.ternary())
                self.need("]")
            else:
                return node

    def arguments(self, close):
        out = []
        while not self.take(close):
            out.append(self.ternary())
            if not self.take(","):
                self.need(close)
                break
        return out

    def primary(self):
        kind, text = self.tokens[self.next]
        self.next += 1
        if kind in ("int", "hex"):
            return ("literal", int(text, 0))
        if kind == "float":
            return ("literal", float(text))
        if kind == "string":
            return ("literal", _unquote(text))
        if kind == "name":
            if text in ("true", "false", "null"):
                return ("literal", {"true": True, "false": False, "null": None}[text])
            if self.take("("):
                return ("call", text, self.arguments(")"))
            return ("name", text)
        if text == "(":
            node = self.ternary()
            self.need(")")
            return node
        if text == "[":
            return ("list", self.arguments("]"))
        raise ValueError(f"unexpected {text!r}")


def parse(text):
    return _Parser(text).whole()


def walk(node):
    """Every node of a tree, the root first."""
    yield node
    for part in node[1:]:
        for child in part if isinstance(part, list) else [part]:
            if isinstance(child, tuple):
                yield from walk(child)


# ---- Tree to function. `env` has now (ms), zone, decimals, value(name), field(name).


def compile_tree(node):
    """A function of env that returns the tree's value or raises CelError."""
    return _COMPILERS[node[0]](node)


def compile_text(text):
    return compile_tree(parse(text))


def _literal(node):
    value = node[1]
    return lambda env: value


def _name(node):
    name = node[1]
    if name == "now":
        return lambda env: at(env.now)
    return lambda env: env.value(name)


def _select(node):
    _, target, name = node
    if target == ("name", "event"):
        return lambda env: env.field(name)
    if path := segment_path(node):
        return lambda env: env.segment(*path)
    if target == ("name", "item"):
        return lambda env: env.item_field(name)
    inner = compile_tree(target)

    def select(env):
        item = inner(env)
        if item.get(name) is None:
            raise CelError(f"absent: {name}")
        return item[name]

    return select


def segment_path(node):
    """("lifecycle",) of segment.lifecycle, ("interests", "tennis") of an independent segment."""
    if node == ("name", "persona"):
        return ("persona",)
    path = []
    while node[0] == "select":
        path.insert(0, node[2])
        node = node[1]
    return tuple(path) if node == ("name", "segment") else None


def _index(node):
    inner, position = compile_tree(node[1]), compile_tree(node[2])

    def index(env):
        values, i = inner(env), position(env)
        if isinstance(values, dict):
            if i not in values:
                raise CelError("no such key")
            return values[i]
        if not 0 <= i < len(values):
            raise CelError("index out of range")
        return values[i]

    return index


def _list(node):
    parts = [compile_tree(part) for part in node[1]]
    return lambda env: [part(env) for part in parts]


def _not(node):
    inner = compile_tree(node[1])
    return lambda env: not inner(env)


def _minus(node):
    inner = compile_tree(node[1])

    def minus(env):
        value = inner(env)
        return checked(type(value)(-value.n) if isinstance(value, Amount) else -value)

    return minus


def _cond(node):
    condition, yes, no = (compile_tree(part) for part in node[1:])
    return lambda env: yes(env) if condition(env) else no(env)


def _binary(node):
    _, op, left, right = node
    a, b = compile_tree(left), compile_tree(right)
    if op in ("&&", "||"):
        return _absorbing(a, b, decides=(op == "||"))
    work = OPERATORS[op]
    return lambda env: work(a(env), b(env))


def _absorbing(a, b, decides):
    """`false && error` and `error && false` are false; `||` likewise with true."""

    def logic(env):
        trouble = None
        for side in (a, b):
            try:
                if side(env) is decides:
                    return decides
            except CelError as error:
                trouble = trouble or error
        if trouble:
            raise trouble
        return not decides

    return logic


# ---- Functions.


def _day(env, value):
    return value.n if isinstance(value, Date) else env.zone.day_of(value.n // NANOS)


def _start_of_day(env, t):
    return at(env.zone.start_of(_day(env, t)))


def _local_time(env, t):
    local = t.n + env.zone.offset(t.n // NANOS) * NANOS
    return Duration(local % (zones.DAY * NANOS))


def _season(env, t):
    name, _ = zones.period_of(env.seasons, _day(env, t), 0)
    return name


def _top(env, sums):
    kept = [(key, value) for key, value in sums.items() if key]
    if not kept:
        raise CelError("the map is empty")
    best = max(getattr(value, "n", value) for _, value in kept)
    return min(key.encode() for key, value in kept if getattr(value, "n", value) == best).decode()


def _length(unit_ms):
    return lambda env, n: checked(Duration(n * unit_ms * NANOS))


FUNCTIONS = {
    "days": _length(zones.DAY),
    "hours": _length(zones.HOUR),
    "minutes": _length(zones.MINUTE),
    "weeks": _length(7 * zones.DAY),
    "timestamp": lambda env, text: Timestamp(parse_time(text)),
    "duration": lambda env, text: Duration(parse_duration(text)),
    "money": lambda env, text: Money(parse_money(text, env.decimals)),
    "date": lambda env, text: Date((datetime.date.fromisoformat(text) - zones.EPOCH).days),
    "size": lambda env, value: len(value),
    "calendar_days": lambda env, a, b: _day(env, b) - _day(env, a),
    "months": lambda env, a, b: zones.months_between(_day(env, a), _day(env, b)),
    "age": lambda env, born: zones.years_between(born.n, env.zone.day_of(env.now)),
    "start_of_day": _start_of_day,
    "weekday": lambda env, t: zones.weekday(_day(env, t)),
    "is_weekend": lambda env, t: zones.weekday(_day(env, t)) in (6, 7),
    "days_until_birthday": lambda env, born: zones.days_until_birthday(
        born.n, env.zone.day_of(env.now)
    ),
    "local_time": _local_time,
    "local_date": lambda env, t: Date(_day(env, t)),
    "season": _season,
    "top": _top,
}


def _call(node):
    _, name, arguments = node
    if name == "has":
        return _has(arguments[0])
    if name == "in_segment":
        path = tuple(text for _, text in arguments)
        return lambda env: env.in_segment(*path)
    if name == "since":
        path = segment_path(arguments[0])
        return lambda env: env.since(*path)
    work, parts = FUNCTIONS[name], [compile_tree(part) for part in arguments]
    return lambda env: work(env, *(part(env) for part in parts))


def _has(node):
    inner = compile_tree(node)

    def has(env):
        try:
            inner(env)
            return True
        except CelError:
            return False

    return has


def _clock(t, zone):
    """The plain wall clock of CEL's own accessors."""
    local = zone.local(t.n // NANOS)
    return datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=local)


ACCESSORS = {
    "getFullYear": lambda c: c.year,
    "getMonth": lambda c: c.month - 1,
    "getDate": lambda c: c.day,
    "getDayOfMonth": lambda c: c.day - 1,
    "getDayOfWeek": lambda c: c.isoweekday() % 7,
    "getDayOfYear": lambda c: c.timetuple().tm_yday - 1,
    "getHours": lambda c: c.hour,
    "getMinutes": lambda c: c.minute,
    "getSeconds": lambda c: c.second,
    "getMilliseconds": lambda c: c.microsecond // 1000,
}
_DURATION_UNITS = {"getHours": 3600 * 10**9, "getMinutes": 60 * 10**9, "getSeconds": 10**9}
_TEXT_TESTS = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda text, part: part in text,
}


class _With:
    """An env with one more name: the variable of a macro."""

    def __init__(self, env, name, held):
        self._env, self._name, self._held = env, name, held

    def value(self, name):
        return self._held if name == self._name else self._env.value(name)

    def __getattr__(self, name):
        return getattr(self._env, name)


def _exists(values, test):
    trouble = None
    for value in values:
        try:
            if test(value):
                return True
        except CelError as error:
            trouble = trouble or error
    if trouble:
        raise trouble
    return False


MACROS = {
    "exists": _exists,
    "all": lambda values, test: not _exists(values, lambda value: not test(value)),
    "exists_one": lambda values, test: sum([test(value) for value in values]) == 1,
    "filter": lambda values, test: [value for value in values if test(value)],
    "map": lambda values, make: [make(value) for value in values],
}


def _macro(node):
    _, name, target, (variable, body) = node
    inner, part, work = compile_tree(target), compile_tree(body), MACROS[name]
    return lambda env: work(inner(env), lambda value: part(_With(env, variable[1], value)))


def _method(node):
    _, name, target, arguments = node
    if name in MACROS:
        return _macro(node)
    inner, parts = compile_tree(target), [compile_tree(part) for part in arguments]
    if name == "size":
        return lambda env: len(inner(env))
    if name in _TEXT_TESTS:
        test = _TEXT_TESTS[name]
        return lambda env: test(inner(env), parts[0](env))
    read = ACCESSORS[name]

    def accessor(env):
        value = inner(env)
        if isinstance(value, Duration):
            if name == "getMilliseconds":
                return abs(value.n) // 10**6 % 1000 * (1 if value.n >= 0 else -1)
            whole = abs(value.n) // _DURATION_UNITS[name]
            return whole if value.n >= 0 else -whole
        return read(_clock(value, zones.Zone.get(parts[0](env) if parts else "UTC")))

    return accessor


_COMPILERS = {
    "literal": _literal,
    "name": _name,
    "select": _select,
    "index": _index,
    "list": _list,
    "not": _not,
    "minus": _minus,
    "cond": _cond,
    "binary": _binary,
    "call": _call,
    "method": _method,
}
