"""What must come out of tests/broker/definitions, told from the input alone.

It knows these definitions and nothing else: no expression, no catalog, no code of the engine. For
each customer it walks the orders in the order of the log, with the log's times, and between them
what is due; so it gives every line that must be published but for its id, and that ids are
unique is checked beside. Instants are whole milliseconds.
"""

import collections
import datetime
import json

QUIET_MS = 4000  # how long after the last order a customer is active
WORD_MS = 3000  # how long after going quiet the word is sent
MILESTONE = 5
GOLD, SILVER = 2000, 500
KINDS = ("transitions", "actions", "decisions")
NEVER = 1 << 62

Order = collections.namedtuple("Order", "customer source id sequence amount time log_time")

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def text_of(instant):
    moment = EPOCH + datetime.timedelta(milliseconds=instant)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % 1000:03d}Z"


def instant_of(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment - EPOCH) // datetime.timedelta(milliseconds=1)


def event_line(customer, source, sequence, amount, time):
    """The canonical event of an order. Ids sort as sequences do: they break ties of time."""
    event = {
        "specversion": "1.0",
        "id": f"{customer}-{sequence:06d}",
        "source": source,
        "type": "order_placed",
        "time": text_of(time),
        "subject": customer,
        "data": {"sequence": sequence, "amount": amount},
    }
    return json.dumps(event, separators=(",", ":"))


def order_of(line, log_time):
    event = json.loads(line)
    return Order(
        event["subject"],
        event["source"],
        event["id"],
        event["data"]["sequence"],
        event["data"]["amount"],
        instant_of(event["time"]),
        log_time,
    )


def log_times(records):
    """{(partition, offset): log time} of all of a topic's records, in their order: a broker's clock
    may go back, time does not."""
    latest, times = collections.Counter(), {}
    for record in records:
        latest[record.partition] = max(latest[record.partition], record.timestamp)
        times[record.partition, record.offset] = latest[record.partition]
    return times


class Customer:
    """One customer's way through the definitions; what comes out stands in `out`."""

    def __init__(self, name):
        self.name = name
        self.out = {kind: [] for kind in KINDS}
        self.known = set()
        self.orders = self.spend = 0
        self.newest = None  # (time, id, source, sequence) of the last order by event time
        self.segments = dict.fromkeys(("turn", "whole", "tier", "presence"))
        self.latest = self.last_instant = 0
        self.occurrences = collections.Counter()
        self.word_due = NEVER  # a run of return_to_us waits until then
        self.now = 0
        self.cause = None
        self.late = False

    def emit(self, kind, **fields):
        number = len(self.out[kind]) + 1
        self.out[kind].append({"customer": self.name, "number": number, **fields})

    def quiet_from(self):
        return self.newest[0] + QUIET_MS + 1

    def next_due(self):
        quiet = self.quiet_from() if self.segments["presence"] == "active" else NEVER
        return min(quiet, self.word_due)

    def fire(self, until):
        """What is due up to and including `until`."""
        while self.orders and self.next_due() <= until:
            self.now = self.last_instant = self.next_due()
            self.latest = max(self.latest, self.now)
            self.late = False
            self.cause = {"time": text_of(self.now)}
            self.settle(None)

    def place(self, order):
        self.fire(max(order.log_time, self.last_instant))
        if (order.source, order.id) in self.known:
            return
        self.known.add((order.source, order.id))
        self.now = self.last_instant = max(order.log_time, self.last_instant)
        time = min(order.time, order.log_time)
        self.late = time < self.latest
        self.latest = max(self.latest, time)
        self.cause = {"event": {"source": order.source, "id": order.id}}
        self.orders += 1
        self.spend += order.amount
        mark = (time, order.id, order.source, order.sequence)
        self.newest = mark if self.newest is None else max(self.newest, mark)
        self.settle(order)

    def settle(self, order):
        went_quiet = self.move()
        quiet = self.segments["presence"] == "quiet"
        if self.word_due != NEVER and not quiet:
            self.word_due = NEVER
            self.decide("return_to_us", "word", "exited")
        if order is not None and self.orders % MILESTONE == 0:
            self.send("milestone", "1", "email", "milestone", enters=True)
        if went_quiet:
            self.occurrences["return_to_us"] += 1
            self.word_due = self.now + WORD_MS
        elif self.word_due <= self.now:
            self.word_due = NEVER
            self.send("return_to_us", "word", "sms", "come_back")

    def move(self):
        """Brings the segments up to date; whether the customer went quiet by that."""
        tier = "bronze"
        if self.spend >= SILVER:
            tier = "gold" if self.spend >= GOLD else "silver"
        after = {
            "turn": "odd" if self.orders % 2 else "even",
            "whole": "sound" if self.newest[3] == self.orders else "torn",
            "tier": tier,
            "presence": "quiet" if self.now >= self.quiet_from() else "active",
        }
        before, self.segments = self.segments, after
        for name, segment in after.items():
            if before[name] != segment:
                self.emit(
                    "transitions",
                    segmentation=name,
                    **{"from": before[name]},
                    to=segment,
                    at=text_of(self.now),
                    cause=self.cause,
                    late=self.late,
                )
        return after["presence"] == "quiet" != before["presence"]

    def send(self, journey, step, channel, template, enters=False):
        self.occurrences[journey] += enters
        self.emit(
            "actions",
            journey=journey,
            step=step,
            occurrence=self.occurrences[journey],
            channel=channel,
            purpose="marketing",
            template=template,
            at=text_of(self.now),
        )
        self.decide(journey, step, "sent")

    def decide(self, journey, step, decision):
        self.emit(
            "decisions",
            journey=journey,
            step=step,
            occurrence=self.occurrences[journey],
            decision=decision,
            at=text_of(self.now),
            cause=self.cause,
        )


def expected(orders, until=NEVER - 1):
    """{name: Customer} after these orders, in the order of the log, and what is due by `until`."""
    customers = {}
    for order in orders:
        customers.setdefault(order.customer, Customer(order.customer)).place(order)
    for customer in customers.values():
        customer.fire(until)
    return customers


def total(customers, kind):
    return sum(len(customer.out[kind]) for customer in customers.values())


def differences(customers, kind, lines):
    """Sentences on what is wrong with the published `lines` of that kind, in their order."""
    found, ids, canonical = collections.defaultdict(list), collections.Counter(), []
    for line in lines:
        record = json.loads(line)
        canonical.append(json.dumps(record, separators=(",", ":"), ensure_ascii=False))
        if kind != "decisions":
            ids[record.pop("id")] += 1
        found[record["customer"]].append(record)
    for line, wanted in zip(lines, canonical):
        if line != wanted:
            yield f"not canonical: {line}"
    for name, count in ids.items():
        if count > 1:
            yield f"id {name} stands on {count} {kind}"
    for name in sorted(set(found) | set(customers)):
        wanted = customers[name].out[kind] if name in customers else []
        yield from _differences_of(name, kind, found.get(name, []), wanted)


def _differences_of(name, kind, found, wanted):
    if found == wanted:
        return
    numbers = [record["number"] for record in found]
    doubled = sorted({number for number in numbers if numbers.count(number) > 1})
    missing = sorted(set(range(1, len(wanted) + 1)) - set(numbers))
    if doubled or missing or len(found) != len(wanted):
        yield (
            f"{kind} of {name}: {len(found)} instead of {len(wanted)}; "
            f"twice: {doubled[:10]}, missing: {missing[:10]}"
        )
    elif numbers != sorted(numbers):
        yield f"{kind} of {name}: out of order: {numbers[:40]}"
    for one, other in zip(found, wanted):
        if one != other:
            yield f"{kind} of {name}: {json.dumps(one)} instead of {json.dumps(other)}"
            return
