"""A catch-up: a history lies in the topic; how fast it is applied, and what that costs."""

import collections
import time

import machine
from application import Application
from check import check_replay
from loader import Loader
from report import Result
from rig import Failed

WARM_SECONDS = 60
QUICK_WARM_SHARE = 0.1
END_SHARE = 0.95  # what comes behind it is the end of a run
WINDOW_SECONDS, QUICK_WINDOW_SECONDS = 30, 1  # less is no figure
SETTLE_SECONDS = 120
# A guess at what one minute applies, so that the history is long enough.
EVENTS_A_MINUTE = {"light": 5_000_000, "heavy": 3_000_000}
MORE = 1.4  # than it seems to need, the second time
QUICK_EVENTS, QUICK_CUSTOMERS = 300_000, 100_000
PER_SECOND, TICKS_MS = 10_000, 200  # of the history's own time
# A short history is stretched, or nothing in it would come by time.
QUICK_SPAN_SECONDS, QUICK_TICKS_MS = 1440, 2000

Mark = collections.namedtuple("Mark", "usage records")
Run = collections.namedtuple("Run", "application loader filled result seconds summary")


class CatchUp:
    """`run()` fills, applies, measures and checks."""

    def __init__(self, rig, name, weight, lanes=2, memory="4GB", partitions=16, customers=None):
        self.rig, self.name, self.weight = rig, name, weight
        self.lanes, self.memory, self.partitions = lanes, memory, partitions
        options = rig.options
        self.customers = customers or options.customers
        self.events = options.events or int(EVENTS_A_MINUTE[weight] * options.minutes)
        self.warm = QUICK_WARM_SHARE if options.quick else None

    def run(self):
        """A Run. Once more, with more events, where it was over before its time."""
        run = self.once(self.name)
        options = self.rig.options
        wanted = options.minutes * 60
        if options.events or options.quick or run.seconds >= wanted or run.result.faults:
            return run
        self.events = int(self.events * wanted / run.seconds * MORE)
        run = self.once(f"{self.name}_longer")
        if run.seconds < wanted:
            run.result.doubt(f"it took {run.seconds:.0f} s, not {wanted:.0f}")
        return run

    def once(self, topic):
        result = Result(self.name)
        options = self.rig.options
        name = topic.replace("_", "-")
        application = Application(
            self.rig, name, self.weight, self.lanes, self.memory, self.partitions
        )
        loader = Loader(self.rig, name)
        filled = loader.fill(
            events=self.events,
            customers=self.customers,
            zipf=options.zipf,
            seed=options.seed,
            per_second=self.events / QUICK_SPAN_SECONDS if options.quick else PER_SECOND,
            ticks_ms=QUICK_TICKS_MS if options.quick else TICKS_MS,
        )
        application.start()
        with machine.Pace(self.rig.build) as pace:
            marks = self.watch(application, filled)
        self.figures(result, marks, filled, pace)
        application.settle(SETTLE_SECONDS)
        total = filled["events"] + filled["duplicates"]
        application.footprint(result, total)
        application.stop()
        summary = check_replay(
            result, application, loader, filled["end"], filled["events"], filled["duplicates"]
        )
        if summary:
            made = summary["counters"]["transitions"] / total
            result.figure("transitions", made, "per_event")
        seconds = marks[-1].usage.time - marks[0].usage.time
        return Run(application, loader, filled, result, seconds, summary)

    def watch(self, application, filled):
        """Marks until all is applied. Each asks for the metrics, which costs: one a second."""
        pause = 0.2 if self.rig.options.quick else 1
        marks = []
        moved = time.monotonic()
        while True:
            if application.ended():
                raise Failed(f"parcours run ended: {application.said()}")
            records = application.metrics().get("events_consumed_total", 0)
            if not marks or records > marks[-1].records:
                moved = time.monotonic()
            if time.monotonic() - moved > SETTLE_SECONDS:
                raise Failed(f"parcours run stands still at {records:.0f} records")
            marks.append(Mark(machine.Usage(application.pids()), records))
            if records >= filled["records"]:
                return marks
            time.sleep(pause)

    def figures(self, result, marks, filled, pace):
        result.facts.update(
            events=int(filled["events"]),
            duplicates=int(filled["duplicates"]),
            customers=self.customers,
            partitions=self.partitions,
            lanes=self.lanes,
            memory=self.memory,
            weight=self.weight,
            record_bytes=round(filled["bytes"] / filled["records"], 1),
        )
        window = window_of(marks, filled["records"], self.warm)
        if window is None:
            result.doubt("there is nothing between the warm-up and the end: too few events")
            return
        first, last = window
        seconds, cpu, others = last.usage.since(first.usage)
        # Ticks are records, too; they are no events.
        share = (filled["events"] + filled["duplicates"]) / filled["records"]
        events = (last.records - first.records) * share
        result.figure("rate", events / seconds, "events/s")
        result.figure("cpu", cpu["parcours"] / events * 1e6, "us_per_event")
        result.figure("events_per_cpu", events / max(cpu["parcours"], 0.01), "events/cpu_s")
        result.figure("broker_cpu", cpu["broker"] / events * 1e6, "us_per_event")
        result.figure("window", seconds, "s")
        result.others(others)
        result.pace(pace.between(first.usage.time, last.usage.time))
        least = QUICK_WINDOW_SECONDS if self.rig.options.quick else WINDOW_SECONDS
        if seconds < least:
            result.doubt(f"measured for {seconds:.1f} s only: too few events")


def window_of(marks, records, warm_share):
    """The marks at the end of the warm-up and at END_SHARE of the records; None: there are none.

    The warm-up takes its seconds, or that share of the records."""
    begin = marks[0].usage.time + WARM_SECONDS
    warm = [
        mark
        for mark in marks
        if (mark.usage.time >= begin if warm_share is None else mark.records >= warm_share * records)
        and mark.records <= END_SHARE * records
    ]
    return (warm[0], warm[-1]) if warm and warm[-1].records > warm[0].records else None
