"""Local days and local time, the slow way: every answer is searched for in the zone's own offsets.

A day is a count of days since 1970-01-01; instants are whole milliseconds since then. A day starts
at the first instant whose local wall clock shows it or a later one: a midnight that does not exist
is the first instant after the gap, one that exists twice is the first. An instant lies in the last
day that has started by then. Limits: years 1 to 9999 of Python's datetime.
"""

import datetime
import zoneinfo

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = datetime.date(1970, 1, 1)
UTC = datetime.timezone.utc


def day_of_date(year, month, day):
    return (datetime.date(year, month, day) - EPOCH).days


def date_of_day(day):
    return EPOCH + datetime.timedelta(days=day)


def weekday(day):
    """ISO: 1 Monday to 7 Sunday."""
    return date_of_day(day).isoweekday()


def days_until_birthday(born, today):
    """Days to the next day of that month and number; 29 February falls on 1 March elsewhere."""
    birth, days = date_of_day(born), 0
    while True:
        day = date_of_day(today + days)
        leap_day = (birth.month, birth.day) == (2, 29)
        if (day.month, day.day) == (birth.month, birth.day):
            return days
        if leap_day and (day.month, day.day) == (3, 1) and date_of_day(today + days - 1).day == 28:
            return days
        days += 1


def months_between(start, end):
    """Whole months from one day to another; a month that lacks the day ends on the next 1st."""
    if end < start:
        return -months_between(end, start)
    a, b = date_of_day(start), date_of_day(end)
    months = (b.year - a.year) * 12 + b.month - a.month
    return months - 1 if b.day < a.day else months


def years_between(start, end):
    months = months_between(start, end)
    return months // 12 if months >= 0 else -(-months // 12)


MONTHS = [("", month, 1) for month in range(1, 13)]
YEARS = [("", 1, 1)]
SEASONS = [("spring", 3, 1), ("summer", 6, 1), ("autumn", 9, 1), ("winter", 12, 1)]


def period_of(starts, day, later):
    """(name, first day) of the period that holds `day`, or of the one so many periods later."""
    year = date_of_day(day).year
    begun = sorted(
        (day_of_date(y, month, first), name)
        for y in range(year - 1, year + 4)
        for name, month, first in starts
    )
    here = max(i for i, (first, _) in enumerate(begun) if first <= day)
    first, name = begun[here + later]
    return name, first


class Zone:
    """One time zone: a name of the IANA data base, or a fixed offset such as "+05:30"."""

    _known = {}

    def __init__(self, name):
        self.name = name
        self._zone = None
        self._fixed = 0
        if name[:1] in "+-":
            hours, minutes = name[1:].split(":")
            self._fixed = (int(hours) * HOUR + int(minutes) * MINUTE) * (
                -1 if name[0] == "-" else 1
            )
        else:
            self._zone = zoneinfo.ZoneInfo(name)
        self._offsets = {}
        self._changes = {}
        self._starts = {}

    @classmethod
    def get(cls, name):
        if name not in cls._known:
            cls._known[name] = cls(name)
        return cls._known[name]

    def offset(self, t):
        """Local time minus UTC at instant `t`, in milliseconds."""
        if self._zone is None:
            return self._fixed
        second = t // SECOND
        if second not in self._offsets:
            moment = datetime.datetime(1970, 1, 1, tzinfo=UTC) + datetime.timedelta(seconds=second)
            delta = moment.astimezone(self._zone).utcoffset()
            self._offsets[second] = (delta.days * 86400 + delta.seconds) * SECOND
        return self._offsets[second]

    def local(self, t):
        """The wall clock at `t`, as milliseconds since 1970-01-01T00:00 on the local calendar."""
        return t + self.offset(t)

    def changes(self, begin, end):
        """Every instant in (begin, end] at which the offset changes."""
        found = []
        year = date_of_day(begin // DAY).year
        while day_of_date(year, 1, 1) * DAY <= end:
            found += [t for t in self._changes_of(year) if begin < t <= end]
            year += 1
        return found

    def _changes_of(self, year):
        if year not in self._changes:
            found = []
            # Offsets are looked at every six hours: no zone changes there and back in less.
            low = day_of_date(year, 1, 1) * DAY - 1
            last = day_of_date(year, 12, 31) * DAY + DAY - 1
            while low < last:
                high = min(low + 6 * HOUR, last)
                if self.offset(low) != self.offset(high):
                    found.append(self._bisect(low, high))
                low = high
            self._changes[year] = found
        return self._changes[year]

    def _bisect(self, low, high):
        before = self.offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            if self.offset(middle) == before:
                low = middle
            else:
                high = middle
        return high

    def start_of(self, day):
        """The first instant of a local day."""
        if day not in self._starts:
            midnight = day * DAY
            begin, end = midnight - 30 * HOUR, midnight + 30 * HOUR
            edges = [begin] + self.changes(begin, end) + [end]
            for a, b in zip(edges, edges[1:]):
                t = max(a, midnight - self.offset(a))
                if t < b:
                    self._starts[day] = t
                    break
        return self._starts[day]

    def day_of(self, t):
        """The last local day that has started by instant `t`."""
        day = self.local(t) // DAY
        while self.start_of(day) > t:
            day -= 1
        while self.start_of(day + 1) <= t:
            day += 1
        return day

    def boundaries(self, begin, end):
        """Every instant in [begin, end] at which a date word may change: first instants of days,
        wall clock midnights under every offset in use, and changes of offset."""
        changes = self.changes(begin - 2 * DAY, end + 2 * DAY)
        offsets = {self.offset(begin)} | {self.offset(t) for t in changes}
        found = set(changes)
        for day in range(begin // DAY - 2, end // DAY + 3):
            found.add(self.start_of(day))
            found.update(day * DAY - offset for offset in offsets)
        return {t for t in found if begin <= t <= end}

    def offsets_in_use(self, begin, end):
        return {self.offset(begin)} | {self.offset(t) for t in self.changes(begin, end)}
