"""What is looked at once the faults are over: that all is processed, and what has come of it."""

import collections
import hashlib
import json
import subprocess
import time

import oracle
from client import Refused
from running import DEFINITIONS

# What the last order leaves to be done by time alone, and room for it to be done.
DUE_SECONDS = (oracle.QUIET_MS + oracle.WORD_MS) / 1000 + 60
READY_SECONDS = 90
SAME_COUNTERS = ("events", "duplicates", "late", "rejected", "transitions", "actions", "decisions")


def digest_of(lines):
    """As docs/formats.md#canonical-records-and-digests says."""
    total = sum(int.from_bytes(hashlib.sha256(line).digest(), "big") for line in lines)
    return f"{total % 2**256:064x}"


class Checks:
    """`wrong` counts what failed; `report` is for the last line."""

    def __init__(self, options, folder, broker, client, application):
        self.options, self.folder, self.broker = options, folder, broker
        self.client, self.application = client, application
        self.wrong, self.report = 0, {}

    def check(self, what, right, found=""):
        print(f"{'ok   ' if right else 'WRONG'} {what} {found}", flush=True)
        self.wrong += not right
        return right

    def read(self, topic):
        return self.client.read(f"{self.application}-{topic}")

    def run(self, chaos, feed):
        began = time.monotonic()
        self.check("everybody ready", chaos.wait_for(READY_SECONDS, chaos.everybody_ready))
        self.report["ready_after_seconds"] = round(time.monotonic() - began, 1)
        records = self.read("events")
        times = oracle.log_times(records)
        events = [record for record in records if record.key is not None]  # the others are ticks
        self.input(events, feed)
        self.check("no lag", chaos.wait_for(READY_SECONDS, lambda: not self.lag(events)))
        customers = oracle.expected(
            oracle.order_of(record.value.decode(), times[record.partition, record.offset])
            for record in events
        )
        # Until as much is there as there must be; the checks below say whether it is right.
        chaos.wait_for(DUE_SECONDS, lambda: self.all_there(customers))
        chaos.wait(3)  # more than that would come now
        codes = chaos.stop_all()
        self.check("all end with 0", set(codes.values()) == {0}, codes)
        lines = self.outputs(customers)
        self.dead_letters()
        self.transactions()
        self.compaction()
        self.replays(customers, lines)
        self.stores(chaos.instances)

    # --- what went in

    def input(self, events, feed):
        """The log holds what was sent, once each and in order: else the rest proves nothing."""
        sent, logged = collections.defaultdict(list), collections.defaultdict(list)
        for customer, line in feed.sent:
            sent[customer].append(line)
        for record in events:
            logged[record.key.decode()].append(record.value.decode())
        kinds = {record.type for record in events}
        self.check("the log holds what was sent", sent == logged, f"{len(events)} events")
        self.check("log times are the broker's", kinds == {"LogAppendTime"}, kinds)
        self.report["events"] = len(events)

    def lag(self, events):
        """How many partitions have an event behind what is committed; ticks do not count."""
        last = {}
        for record in events:
            last[record.partition] = max(record.offset, last.get(record.partition, -1))
        topic = f"{self.application}-events"
        committed = {}
        try:
            for group in self.client.groups():
                for (name, partition), (offset, _) in self.client.describe(group).offsets.items():
                    if name == topic:
                        committed[partition] = max(offset, committed.get(partition, -1))
        except Refused:
            return len(last)
        return sum(committed.get(partition, -1) <= offset for partition, offset in last.items())

    # --- what came out

    def all_there(self, customers):
        return all(len(self.read(kind)) >= oracle.total(customers, kind) for kind in oracle.KINDS)

    def outputs(self, customers):
        """Every line that must be, once, in each customer's order; gives {kind: lines as bytes}."""
        lines = {}
        for kind in oracle.KINDS:
            records = self.read(kind)
            lines[kind] = [record.value for record in records]
            texts = [line.decode() for line in lines[kind]]
            wrong = list(oracle.differences(customers, kind, texts))
            self.check(f"{kind} as the oracle says", not wrong, f"{len(records)} records")
            for sentence in wrong[:10]:
                print(f"      {sentence}")
            places = collections.defaultdict(set)
            for record in records:
                places[record.key].add(record.partition)
            keyed = all(json.loads(r.value)["customer"].encode() == r.key for r in records)
            one_place = all(len(partitions) == 1 for partitions in places.values())
            self.check(f"{kind} lie by customer", keyed and one_place)
            self.report[kind] = len(records)
        return lines

    def dead_letters(self):
        letters = [record.value.decode(errors="replace") for record in self.read("dlq")]
        self.check("no dead letters", not letters, letters[:3])

    def transactions(self):
        found = self.client.open_transactions()
        left = [name for name in found if name.startswith(self.application)]
        self.check("no transaction left open", not left, left)

    def compaction(self):
        cleaned = self.broker.cleaned(f"{self.application}-changelog")
        self.report["changelog_compacted_to"] = sum(cleaned.values())
        if self.report["events"] > 5000:  # a short test ends before a segment is old enough
            self.check("the changelog was compacted meanwhile", any(cleaned.values()), cleaned)

    # --- the same again, from the log

    def replay(self):
        done = subprocess.run(
            [self.options.parcours, "replay", "--brokers", self.broker.brokers]
            + ["--application", self.application, "--format", "json"]
            + ["--definitions", DEFINITIONS],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            return None, f"exit code {done.returncode}: {done.stderr.strip()[:500]}"
        return json.loads(done.stdout), ""

    def replays(self, customers, lines):
        """Nobody disturbs a replay of the log: its digests are what live must have published."""
        first, said = self.replay()
        if not self.check("replay of the log", first is not None, said):
            return
        live = {kind: digest_of(lines[kind]) for kind in oracle.KINDS}
        told = {kind: first["digests"][kind] for kind in oracle.KINDS}
        self.check("its digests are those of the live topics", live == told)
        orders = sum(customer.orders for customer in customers.values())
        events = first["counters"]["events"]
        self.check("each event counted once", events == orders, f"{events} of {orders}")
        second, said = self.replay()
        same = second is not None and second["digests"] == first["digests"]
        same = same and all(
            second["counters"][name] == first["counters"][name] for name in SAME_COUNTERS
        )
        self.check("a second replay is the same", same, said)

    def stores(self, instances):
        """Each store against the changelog, where the program knows how."""
        help_ = subprocess.run(
            [self.options.parcours, "state", "--help"], capture_output=True, text=True
        )
        if "--brokers" not in help_.stdout:
            print("skip  stores against the changelog: this program has no `state --brokers`")
            return
        for instance in instances:
            done = subprocess.run(
                [self.options.parcours, "state", instance.data, "--check"]
                + ["--brokers", self.broker.brokers, "--application", self.application],
                capture_output=True,
                text=True,
            )
            said = (done.stdout + done.stderr).strip().splitlines()[-1:]
            self.check(f"store of {instance.name}", done.returncode == 0, said)
