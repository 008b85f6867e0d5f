#!/usr/bin/env python3
"""The same history gives the same four digests: today's build, yesterday's, any compiler's.

Replays CDNOW (examples/cdnow) and a made-up history (history.py, with one definition of each kind),
the latter also shuffled with repeated lines, and compares the digests with NAME.json beside this
script. Another digest is another behaviour: say why in its commit, and write it with --update.

Usage: check_golden.py --parcours PROGRAM [--update]
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CDNOW = HERE.parent.parent / "examples/cdnow"
# (name of the JSON, what makes the history, definitions, until)
RUNS = [
    ("cdnow", [CDNOW / "to_events.py"], CDNOW / "definitions", "1998-07-01T00:00:00Z"),
    ("shop", [HERE / "history.py"], HERE / "definitions", "2025-06-01T00:00:00Z"),
    ("shop", [HERE / "history.py", "--shuffle", "7", "--repeat-every", "10"], HERE / "definitions",
     "2025-06-01T00:00:00Z"),
]


def digests(program, maker, definitions, until):
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder, "events.ndjson")
        with history.open("w") as file:
            subprocess.run([sys.executable, *maker], stdout=file, check=True, cwd=CDNOW.parent.parent)
        done = subprocess.run([program, "replay", "--definitions", definitions, "--input", history,
                               "--until", until, "--format", "json"],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"replay failed: {done.stderr}")
    summary = json.loads(done.stdout)
    if summary["counters"]["transitions"] < 500 or summary["counters"]["actions"] < 100:
        sys.exit(f"a history in which little happens proves little: {summary['counters']}")
    return summary["digests"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parcours", type=Path, required=True)
    parser.add_argument("--update", action="store_true", help="write the digests found")
    options = parser.parse_args()
    differing = 0
    for name, maker, definitions, until in RUNS:
        found = digests(options.parcours.resolve(), maker, definitions, until)
        golden = HERE / f"{name}.json"
        if options.update:
            golden.write_text(json.dumps(found, indent=2) + "\n")
        expected = json.loads(golden.read_text())
        for kind, digest in expected.items():
            if found[kind] != digest:
                differing += 1
                print(f"{' '.join(map(str, maker))}: {kind}: expected {digest}, found {found[kind]}")
    print(f"{len(RUNS)} replays, {differing} digests differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
