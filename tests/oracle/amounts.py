"""The values of CEL that Python lacks, and what operators do with all of them.

Timestamp and Duration hold nanoseconds, Money minor units, Date days since 1970-01-01: each meets
only its own kind. An error value is the exception CelError.
"""

import datetime
import re
from decimal import Decimal

import zones

NANOS = 1_000_000  # in a millisecond
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
TIME_MIN = -62135596800 * 10**9
TIME_MAX = 253402300800 * 10**9 - 1
DURATION_MAX = 315_576_000_000 * 10**9


class CelError(Exception):
    """An error value."""


class Amount:
    """A number that is not merely a number: it meets only its own kind."""

    __slots__ = ("n",)

    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return type(self) is type(other) and self.n == other.n

    def __hash__(self):
        return hash((type(self).__name__, self.n))

    def __lt__(self, other):
        return self.n < other.n

    def __le__(self, other):
        return self.n <= other.n

    def __repr__(self):
        return f"{type(self).__name__}({self.n})"


class Timestamp(Amount):
    __slots__ = ()


class Duration(Amount):
    __slots__ = ()


class Money(Amount):
    __slots__ = ()


class Date(Amount):
    __slots__ = ()


def at(ms):
    return Timestamp(ms * NANOS)


def parse_time(text):
    """RFC 3339 -> nanoseconds since 1970."""
    found = re.fullmatch(
        r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", text
    )
    if not found:
        raise CelError(f"not a time: {text}")
    year, month, day, hour, minute, second = (int(g) for g in found.groups()[:6])
    seconds = zones.day_of_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    zone = found.group(8)
    if zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return seconds * 10**9 + int((found.group(7) or "").ljust(9, "0"))


def format_time(ms):
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def parse_duration(text):
    """CEL's own spelling ("1h30m", "1.5s") -> nanoseconds."""
    units = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}
    sign, body = (-1, text[1:]) if text[:1] == "-" else (1, text)
    if not re.fullmatch(r"(?:\d+(?:\.\d+)?(?:h|ms|us|ns|m|s))+", body):
        raise CelError(f"not a duration: {text}")
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)", body)
    return sign * sum(int(Decimal(number) * units[unit]) for number, unit in parts)


def parse_money(text, decimals):
    units = Decimal(text).scaleb(decimals)
    if units != int(units):
        raise CelError(f"too many decimals: {text}")
    return int(units)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(a, b):
    if _is_number(a) and _is_number(b):
        return a == b
    return type(a) is type(b) and a == b


def _less(a, b):
    if not (_is_number(a) and _is_number(b)) and type(a) is not type(b):
        raise CelError("no such overload")
    if isinstance(a, str):
        return a.encode() < b.encode()
    return a < b


def checked(value):
    """Errors where a result leaves its type's range."""
    if isinstance(value, Timestamp):
        if not TIME_MIN <= value.n <= TIME_MAX:
            raise CelError("timestamp out of range")
    elif isinstance(value, Duration):
        if abs(value.n) > DURATION_MAX:
            raise CelError("duration out of range")
    elif isinstance(value, Money) or _is_number(value) and isinstance(value, int):
        n = value.n if isinstance(value, Money) else value
        if not INT_MIN <= n <= INT_MAX:
            raise CelError("overflow")
    return value


def _add(a, b):
    kinds = (type(a), type(b))
    if kinds in ((Timestamp, Duration), (Duration, Timestamp)):
        return checked(Timestamp(a.n + b.n))
    if kinds in ((Duration, Duration), (Money, Money)):
        return checked(kinds[0](a.n + b.n))
    if kinds == (str, str) or kinds == (list, list) or kinds in ((int, int), (float, float)):
        return checked(a + b)
    raise CelError("no such overload: +")


def _subtract(a, b):
    kinds = (type(a), type(b))
    if kinds == (Timestamp, Timestamp):
        return checked(Duration(a.n - b.n))
    if kinds == (Timestamp, Duration):
        return checked(Timestamp(a.n - b.n))
    if kinds in ((Duration, Duration), (Money, Money)):
        return checked(kinds[0](a.n - b.n))
    if kinds in ((int, int), (float, float)):
        return checked(a - b)
    raise CelError("no such overload: -")


def _multiply(a, b):
    if isinstance(b, Money):
        a, b = b, a
    if type(a) is Money and type(b) is int:
        return checked(Money(a.n * b))
    if (type(a), type(b)) in ((int, int), (float, float)):
        return checked(a * b)
    raise CelError("no such overload: *")


def _divide(a, b):
    if (type(a), type(b)) == (float, float):
        if b == 0:
            raise ValueError("generated definitions never divide by the double 0")
        return a / b
    if b == 0:
        raise CelError("divide by zero")
    quotient = abs(a) // abs(b)
    return checked(quotient if (a < 0) == (b < 0) else -quotient)


def _modulo(a, b):
    if b == 0:
        raise CelError("modulus by zero")
    rest = abs(a) % abs(b)
    return -rest if a < 0 else rest


OPERATORS = {
    "==": _equal,
    "!=": lambda a, b: not _equal(a, b),
    "<": _less,
    ">": lambda a, b: _less(b, a),
    "<=": lambda a, b: _less(a, b) or _equal(a, b),
    ">=": lambda a, b: _less(b, a) or _equal(a, b),
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _modulo,
    "in": lambda a, b: any(_equal(a, element) for element in b),
}
