"""A short set of figures, beside those of an earlier day: each by ratio to the machine's own pace."""

import json
import re
import statistics
import subprocess
import time

import machine
import report

SET = "compare"
WORSE = 1.25
EVENTS = 3_000_000  # ten times those of a quick case, which are over within a second
PROGRAMS = ("step_bench", "parse_bench", "rules_bench")
# Smaller is better, and a slower machine makes it larger; the other way round.
TIMES, RATES = ("ns", "us_per_event", "s"), ("events/s", "events/cpu_s")
NOT_COMPARED = ("yardstick", "window", "cpu_at")
# Taken meanwhile; in older files before and after.
PACES = ("yardstick", "yardstick_before", "yardstick_after")
FIGURE = re.compile(r"^(\w+) ([\d.]+) (\S+)$", re.M)


def in_memory(rig):
    """The benches without Kafka, as one result."""
    result = report.Result("in_memory")
    with machine.Pace(rig.build) as pace:
        for name in PROGRAMS:
            words = [rig.build / "bench" / name]
            said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
            for figure, value, unit in FIGURE.findall(said):
                if figure != "yardstick":
                    result.figure(figure, value, unit)
    result.pace(pace.between(0, time.monotonic()))
    return result


def newest():
    """The file written last for comparing, or None."""
    found = sorted(report.RESULTS.glob(f"*-{SET}.json"))
    return found[-1] if found else None


def scaled(results):
    """{name: (value, unit, value by the machine's pace; None where that says nothing)}"""
    found = {}
    for result in results:
        figures = result["figures"]
        paces = [figures[name]["value"] for name in PACES if name in figures]
        if not paces:
            continue
        pace = statistics.mean(paces)
        for name, figure in figures.items():
            value, unit = figure["value"], figure["unit"]
            if unit in TIMES and not name.startswith(NOT_COMPARED):
                by_pace = value / pace
            elif unit in RATES and value > 0:
                by_pace = 1 / (value * pace)
            else:
                continue
            found[f"{result['case']}_{name}"] = (value, unit, by_pace)
    return found


def print_ratios(then, now):
    """How many are worse. A ratio above 1 is slower than it was."""
    worse = 0
    for name in sorted(then.keys() & now.keys()):
        ratio = now[name][2] / then[name][2] if then[name][2] else 1
        mark = " worse" if ratio > WORSE else ""
        worse += bool(mark)
        print(f"{name} {then[name][0]:g} {now[name][0]:g} {now[name][1]} {ratio:.2f}{mark}")
    return worse


def compare_with(rig, file, run_case):
    before = file or newest()
    results = [in_memory(rig)]
    results[0].print()
    rig.options.events = EVENTS
    results += run_case(rig, "catch_up_light")
    written = report.write(rig, SET, results)
    if any(result.faults for result in results):
        return 1
    if before is None:
        print("there is no earlier file to compare with; this is the first")
        return 0
    print(f"name, then ({before.name}), now ({written.name}), unit, ratio by the machine's pace")
    then = scaled(json.loads(before.read_text())["results"])
    now = scaled([result.as_json() for result in results])
    if not then.keys() & now.keys():
        print("the two have no figure in common")
        return 1
    return 1 if print_ratios(then, now) > 0 else 0
