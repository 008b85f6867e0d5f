"""Windows of features: from when to when a contribution counts, and how much when it decays."""

import math

import zones

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


def make(spec, definitions):
    """The window of a feature, or None."""
    if "window" not in spec:
        return None
    periods = {"month": zones.MONTHS, "year": zones.YEARS, "season": definitions.seasons}
    which, _, period = spec["window"].partition("_")
    if period:
        return Calendar(periods[period], which == "last", definitions.zone)
    return Sliding(spec, definitions.zone)


class Calendar:
    """The present period of the calendar, or the one before it."""

    def __init__(self, starts, last, zone):
        self.starts, self.last, self.zone = starts, last, zone

    def span(self, t):
        day = self.zone.day_of(t)
        first = 1 if self.last else 0
        return tuple(
            self.zone.start_of(zones.period_of(self.starts, day, later)[1])
            for later in (first, first + 1)
        )


class Sliding:
    """The last so much time, on a grid."""

    def __init__(self, spec, zone):
        self.zone = zone
        self.length = parse_length(spec["window"])
        grain = spec.get("grain")
        self.grain = parse_length(grain) if grain else default_grain(self.length)
        self.half_life = parse_length(spec["half_life"]) if "half_life" in spec else None

    def span(self, t):
        return t, self.end_of(t)

    def end_of(self, t):
        """The first grid line at or after t + length."""
        if self.grain < zones.DAY:
            return -(-(t + self.length) // self.grain) * self.grain
        zone = self.zone
        line = zone.day_of(t - 1) + 1  # the first day that starts at or after t
        left = self.length // zones.DAY
        while left:  # a day that the zone skipped has no line of its own
            left -= zone.start_of(line + 1) != zone.start_of(line)
            line += 1
        return zone.start_of(line)

    def lines(self, t, end):
        """The grid lines from t on, as long as a contribution at t counts."""
        end = min(end, self.end_of(t))
        if self.grain < zones.DAY:
            return range(-(-t // self.grain) * self.grain, end, self.grain)
        days = range(self.zone.day_of(t), self.zone.day_of(end) + 1)
        return [self.zone.start_of(day) for day in days]

    def weight(self, t, now):
        """Millionths: a half for each half life since the first line at or after t."""
        if self.grain < zones.DAY:
            age = now // self.grain + t // -self.grain
        else:
            line = self.zone.start_of(self.zone.day_of(t - 1) + 1)
            age = self.zone.day_of(now) - self.zone.day_of(line)
        age = min(max(age, 0), self.length // self.grain - 1)
        return math.floor(2.0 ** (-age * self.grain / self.half_life) * 10**6 + 0.5)
