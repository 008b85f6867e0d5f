"""Two programs at once, on one broker over the same events: their CPU an event, as a ratio.

The machine's pace changes by half within minutes, but for both alike: what differs is the programs.
Half the events are a warm-up; nothing is checked here, `kafka` does that.
"""

import shutil
import statistics
import time

import machine
from application import Application
from catch_up import SETTLE_SECONDS
from loader import Loader
from report import Result
from rig import Failed

ROUNDS = 3
EVENTS, CUSTOMERS, PER_SECOND = 4_000_000, 300_000, 3000
WARM_SHARE, END_SHARE = 0.5, 0.97
LOOK_SECONDS = 0.5


def pair(rig, other):
    """`other`: a folder with the program to compare with."""
    result = Result("pair")
    programs = {
        "this": rig.parcours,
        "other": shutil.copy2(other / "parcours", rig.folder / "parcours-other"),
    }
    found = [once(rig, programs) for _ in range(ROUNDS)]
    for name in programs:
        median = statistics.median(cpu[name] for cpu in found)
        result.figure(f"{name}_cpu", median * 1e6, "us_per_event")
    ratios = sorted(cpu["this"] / cpu["other"] for cpu in found)
    result.figure("this_to_other", statistics.median(ratios), "ratio")
    result.figure("this_to_other_least", ratios[0], "ratio")
    result.figure("this_to_other_most", ratios[-1], "ratio")
    return result


def once(rig, programs):
    """{name: CPU seconds an event}"""
    with rig.fresh_broker():
        applications = {}
        for name, program in programs.items():
            applications[name] = Application(rig, name, "light", lanes=1, program=program)
            filled = Loader(rig, name).fill(
                events=EVENTS, customers=CUSTOMERS, zipf=rig.options.zipf, per_second=PER_SECOND
            )
        for application in applications.values():
            application.start()
        try:
            first, last = watch(applications, filled["records"])
        finally:
            for application in applications.values():
                application.process.kill()
    share = (filled["events"] + filled["duplicates"]) / filled["records"]
    return {
        name: (last[name][0] - first[name][0]) / ((last[name][1] - first[name][1]) * share)
        for name in programs
    }


def watch(applications, records):
    """What each has used and applied: once the slower is warm, and before the faster is done."""
    first = last = None
    limit = time.monotonic() + SETTLE_SECONDS * 5
    while time.monotonic() < limit:
        mark = {
            name: (
                machine.cpu_seconds(application.process.pid),
                application.metrics().get("events_consumed_total", 0),
            )
            for name, application in applications.items()
        }
        applied = [consumed for _, consumed in mark.values()]
        if first is None and min(applied) >= WARM_SHARE * records:
            first = mark
        if max(applied) >= END_SHARE * records:
            break
        last = mark if first else None
        time.sleep(LOOK_SECONDS)
    if not first or not last or first is last:
        raise Failed("one was done before the other was warm, or neither came to an end")
    return first, last
