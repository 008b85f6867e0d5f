"""A made-up history for the golden digests: the same bytes on every machine, for ever.

Usage: history.py [--shuffle SEED] [--repeat-every N] > events.ndjson
"""
import argparse
import json

CUSTOMERS, EVENTS = 150, 4000
START_MS, SPAN_MS = 1704067200000, 400 * 86400000  # 2024-01-01, for 400 days
ZONES = ["Europe/Paris", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "America/St_Johns",
         "Asia/Kolkata", None, None]
CATEGORIES = ["hiking", "running", "hats", "tennis/balls"]


class Random:
    """A 64-bit linear congruential generator: Python's own may change between versions."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % limit

    def one_of(self, choices):
        return choices[self.below(len(choices))]

    def shuffle(self, values):
        for i in range(len(values) - 1, 0, -1):
            j = self.below(i + 1)
            values[i], values[j] = values[j], values[i]


def civil(ms):
    """RFC 3339 of milliseconds since 1970, by arithmetic."""
    days, rest = divmod(ms, 86400000)
    z = days + 719468
    era, day_of_era = divmod(z, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524
                   - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year = year_of_era + era * 400 + (month <= 2)
    return (f"{year:04}-{month:02}-{day:02}T{rest // 3600000:02}:{rest // 60000 % 60:02}:"
            f"{rest // 1000 % 60:02}.{rest % 1000:03}Z")


def data_of(kind, random, number):
    if kind == "identify":
        traits = {"birthday": f"{1940 + random.below(60)}-{1 + random.below(12):02}-"
                              f"{1 + random.below(28):02}",
                  "language": random.one_of(["fr", "en"]), "email": f"c{number}@example.com"}
        zone = random.one_of(ZONES)
        return {"traits": {**traits, **({"time_zone": zone} if zone else {})}}
    if kind == "product_viewed":
        return {"category": random.one_of(CATEGORIES)}
    if kind == "returned":
        return {"amount": f"{random.below(40)}.{random.below(100):02}"}
    return {"order_id": f"o{number}", "total": f"{random.below(150)}.{random.below(100):02}",
            "weight": f"{random.below(20)}.{random.below(1000):03}",
            "pieces": 1 + random.below(9), "promotion": random.below(2) == 1,
            "items": [{"product_id": f"p{random.below(50)}", "quantity": 1}]}


def events():
    random = Random(20240229)
    kinds = ["order_completed"] * 4 + ["product_viewed"] * 6 + ["returned", "identify", "unknown"]
    for number in range(EVENTS):
        time = START_MS + random.below(SPAN_MS // 60000) * 60000  # often on a grid line
        time += random.one_of([0, 0, 1, -1, 500])
        kind = random.one_of(kinds)
        yield {"specversion": "1.0", "id": f"e{number}", "source": random.one_of(["web", "till"]),
               "type": kind, "time": civil(time), "subject": f"c{random.below(CUSTOMERS)}",
               "data": data_of(kind, random, number)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shuffle", type=int)
    parser.add_argument("--repeat-every", type=int)
    options = parser.parse_args()
    lines = [json.dumps(event, separators=(",", ":")) for event in events()]
    if options.repeat_every:
        lines += lines[::options.repeat_every]
    if options.shuffle is not None:
        Random(options.shuffle).shuffle(lines)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
