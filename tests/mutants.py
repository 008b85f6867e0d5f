"""Plants each known bug and runs the test that must notice it: who kills whom.

tests/mutants.txt has a line for each PARCOURS_MUTANT("name") in the sources:
    name  base_test:Calendar.TheFirstInstantAfterTheGap      a unit test (a --gtest_filter)
    name  cases:calendar_days                                a file of tests/cases
    name  sim:40                                             that many seeds of the simulation
A test must pass without the mutant and fail with it. A survivor, a mutant that is not listed, and a
line for no mutant are faults.

Usage: mutants.py --build BUILD_FOLDER [NAME...]
"""
import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("base", "rules", "state", "log", "processor", "runtime", "cli")


def planted_names():
    names = set()
    for room in ROOMS:
        for source in [*(ROOT / room).rglob("*.cc"), *(ROOT / room).rglob("*.h")]:
            for line in source.read_text().splitlines():
                if not line.lstrip().startswith("//"):
                    names.update(re.findall(r'PARCOURS_MUTANT\("([^"]+)"\)', line))
    return names


def listed_tests():
    rows = []
    for line in (ROOT / "tests/mutants.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            rows.append(line.split())
    return rows


def command(build, test):
    binary, _, which = test.partition(":")
    if binary == "cases":
        return [sys.executable, "tests/cases/run_cases.py", "--parcours", str(build / "parcours"),
                f"tests/cases/{which}.txt"]
    if binary == "sim":
        return [str(build / "simulate"), "--first", "1", "--seeds", which]
    return [str(build / binary), f"--gtest_filter={which}", "--gtest_brief=1"]


def passes(build, test, mutant):
    environment = {k: v for k, v in os.environ.items() if k != "PARCOURS_MUTANT"}
    if mutant:
        environment["PARCOURS_MUTANT"] = mutant
    try:
        done = subprocess.run(command(build, test), cwd=ROOT, env=environment, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=300)
    except subprocess.TimeoutExpired:
        return False  # a mutant that never ends is noticed
    return done.returncode == 0 and "[  PASSED  ] 0 tests" not in done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    faults = []
    rows = listed_tests()
    planted, listed = planted_names(), {row[0] for row in rows}
    faults += [f"{name}: not in tests/mutants.txt" for name in sorted(planted - listed)]
    faults += [f"{name}: listed, but in no source" for name in sorted(listed - planted)]
    unknown = set(options.names) - listed
    faults += [f"{name}: no such mutant" for name in sorted(unknown)]
    rows = [row for row in rows if not options.names or row[0] in options.names]
    healthy = {}
    for name, test in rows:
        if test not in healthy:
            healthy[test] = passes(options.build.resolve(), test, None)
        if not healthy[test]:
            verdict = "broken test"
        elif passes(options.build.resolve(), test, name):
            verdict = "SURVIVED"
        else:
            verdict = "killed"
        print(f"{name:38} {verdict:12} {test}", flush=True)
        if verdict != "killed":
            faults.append(f"{name}: {verdict} ({test})")
    print("\n".join(faults))
    print(f"{len(rows)} mutants, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
