"""Events at a steady pace: how long until what they cause can be read, and how late flips are."""

import time

import machine
from application import Application
from catch_up import SETTLE_SECONDS
from check import check_replay
from loader import Loader
from report import Result

DRAIN_MS = 5000  # kafka_load reads on for so long behind the last event
# What waits for a commit waits for each partition that the commit touches; two lanes need no more.
PARTITIONS = 4
# What kafka_load says of each kind of wait.
WAITS = ("p50", "p90", "p99", "p99_9", "max")


class Paced:
    """One application and what is sent to it: first what lies there already, then at a pace."""

    def __init__(self, rig, name, weight="light", partitions=PARTITIONS, memory="4GB"):
        self.rig, self.name = rig, name
        self.result = Result(name)
        topic = name.replace("_", "-")
        self.application = Application(rig, topic, weight, memory=memory, partitions=partitions)
        self.loader = Loader(rig, topic)
        self.events = self.duplicates = 0

    def fill(self, events, per_second):
        options = self.rig.options
        filled = self.loader.fill(
            events=events,
            customers=options.customers,
            zipf=options.zipf,
            seed=options.seed,
            per_second=per_second,
        )
        self.events += int(filled["events"])
        self.duplicates += int(filled["duplicates"])

    def start(self):
        self.application.start()
        self.application.settle(SETTLE_SECONDS * 10)

    def pace(self, rate, seconds, warm_up, look=lambda: None, timed=True, **more):
        """Sends, and takes the figures over. Not `timed`: those that others on the machine change
        are left out, and so others do no harm as long as the pace is held."""
        options, result = self.rig.options, self.result
        with machine.Pace(self.rig.build) as pace:
            found, doubts, (_, cpu, others) = self.loader.pace(
                self.application.pids(),
                look,
                rate=rate,
                seconds=seconds,
                warm_up=warm_up,
                customers=options.customers,
                zipf=options.zipf,
                seed=options.seed + 1,
                first_event=self.events,
                **more,
            )
        self.events += int(found["sent"])
        for sentence in doubts:
            result.doubt(sentence)
        result.facts.update(
            rate=rate,
            seconds=seconds,
            partitions=self.application.partitions,
            customers=options.customers,
            events=self.events,
        )
        result.figure("behind_max", found["behind_max"], "ms")
        if timed:
            result.figure("cpu", cpu["parcours"] / found["sent"] * 1e6, "us_per_event")
            result.figure("broker_cpu", cpu["broker"] / found["sent"] * 1e6, "us_per_event")
            result.figure("loader_cpu", cpu["loader"] / found["sent"] * 1e6, "us_per_event")
            result.figure("loop_p99", found["loop_p99"], "ms")
            result.others(others)
            result.pace(pace.between(0, time.monotonic()))
        if found["early"] > 0:
            result.fault(f"{found['early']:.0f} flips came before their instant")
        return found

    def take_waits(self, found, kind):
        self.result.figure(f"{kind}_count", found[f"{kind}_count"], "records")
        for word in WAITS:
            if f"{kind}_{word}" in found:
                self.result.figure(f"{kind}_{word}", found[f"{kind}_{word}"], "ms")
        if found[f"{kind}_count"] == 0:
            self.result.doubt(f"there was no {kind}")

    def finish(self):
        """Stops, and checks what was published while it was paced and before."""
        until = int(time.time() * 1000) - DRAIN_MS
        self.application.settle(SETTLE_SECONDS)
        self.application.footprint(self.result, self.events + self.duplicates)
        self.application.stop()
        check_replay(
            self.result, self.application, self.loader, until, self.events, self.duplicates
        )
        return self.result
