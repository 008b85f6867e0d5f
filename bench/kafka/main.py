#!/usr/bin/env python3
"""What `parcours run` does on a Kafka of its own. One line a figure: `name value unit`.

    main.py kafka [CASE...] [--quick] [--long] [--minutes N]
    main.py compare [FILE]
    main.py profile
    main.py pair FOLDER

Every figure stands beside its check: what was published is what a replay of the log publishes, the
pace was held, and the machine did little else. Where that is not so, it says that the figure does
not count, and why; where what was published is wrong, the exit code is 1.
"""

import argparse
import pathlib
import signal
import sys

import report
from broker import ROOT
from cases import CASES, chosen
from catch_up import QUICK_CUSTOMERS, QUICK_EVENTS
from compare import compare_with
from kafka import run_or_skip
from pair import pair
from profiling import profile
from rig import Failed, Rig


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--build", default=ROOT / "build/release", type=pathlib.Path)
    words = parser.add_subparsers(dest="word", required=True)
    kafka = words.add_parser("kafka")
    kafka.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    kafka.add_argument("--quick", action="store_true", help="a look at whether it works")
    kafka.add_argument("--long", action="store_true", help="with those that take an hour")
    kafka.add_argument("--minutes", type=float, help="a catch-up or a pace takes at least so long")
    kafka.add_argument("--events", type=int, help="of a catch-up, whatever time that takes")
    kafka.add_argument("--customers", type=int)
    kafka.add_argument("--no-file", action="store_true", help="keep the figures nowhere")
    compare = words.add_parser("compare")
    compare.add_argument("file", nargs="?", type=pathlib.Path)
    words.add_parser("profile")
    paired = words.add_parser("pair")
    paired.add_argument("folder", type=pathlib.Path, help="with another `parcours`")
    options = parser.parse_args()
    unknown = set(getattr(options, "cases", ())) - set(CASES)
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    return options


def complete(options):
    """What all cases ask for, whichever word it was."""
    options.quick = getattr(options, "quick", True)
    minutes = getattr(options, "minutes", None)
    options.seed, options.zipf = 1, 0.9
    options.events = getattr(options, "events", None) or (QUICK_EVENTS if options.quick else None)
    default = QUICK_CUSTOMERS if options.quick else 1_000_000
    options.customers = getattr(options, "customers", None) or default
    # Seconds that count, and those before them.
    options.paced = (6, 3) if options.quick else (60 * (minutes or 3), 30)
    options.memory_seconds = 60 * (minutes or 60)
    options.minutes = minutes or 3
    return options


def run_case(rig, name):
    try:
        with rig.fresh_broker():
            results = CASES[name](rig)
    except Failed as failed:
        results = [report.Result(name)]
        results[0].fault(str(failed))
    for result in results:
        result.print()
    return results


def kafka(rig, options):
    names = chosen(options.cases, options.long)
    results = [result for name in names for result in run_case(rig, name)]
    case_set = "-".join(options.cases) if options.cases else "all"
    if not options.no_file:
        report.write(rig, ("quick-" if options.quick else "") + case_set, results)
    return 1 if any(result.faults for result in results) else 0


def main():
    options = complete(parse())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Rig(options.build, options) as rig:
        try:
            if options.word == "kafka":
                return kafka(rig, options)
            if options.word == "compare":
                return compare_with(rig, options.file, run_case)
            if options.word == "pair":
                pair(rig, options.folder).print()
                return 0
            return profile(rig)
        except Failed as failed:
            print(failed, file=sys.stderr)
            return 1


if __name__ == "__main__":
    run_or_skip(main)
