"""The same history gives the same four digests: today's build, yesterday's, any compiler's.

Replays the made-up history of history.py twice, in file order and shuffled with repeated lines, and
compares the digests with tests/golden/digests.txt. A change of digests is a change of behaviour:
say why in its commit, and write them anew with --write.

Usage: check_golden.py --parcours PROGRAM [--write]
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNS = {"in order": [], "shuffled, every tenth twice": ["--shuffle", "7", "--repeat-every", "10"]}
UNTIL = "2025-06-01T00:00:00Z"


def digests(program, arguments):
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder, "events.ndjson")
        with history.open("w") as file:
            subprocess.run([sys.executable, HERE / "history.py", *arguments], stdout=file,
                           check=True)
        done = subprocess.run(
            [program, "replay", "--definitions", HERE / "definitions", "--input", history,
             "--until", UNTIL, "--out", folder + "/out", "--format", "json"],
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            sys.exit(f"replay failed: {done.stderr}")
        summary = json.loads(done.stdout)
    if summary["counters"]["transitions"] < 500 or summary["counters"]["actions"] < 100:
        sys.exit(f"a history in which little happens proves little: {summary['counters']}")
    return "".join(f"{name} {value}\n" for name, value in sorted(summary["digests"].items()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parcours", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    golden = HERE / "digests.txt"
    if options.write:
        golden.write_text(digests(options.parcours, RUNS["in order"]))
    differing = 0
    for name, arguments in RUNS.items():
        found = digests(options.parcours, arguments)
        if found != golden.read_text():
            print(f"{name}: expected\n{golden.read_text()}found\n{found}")
            differing += 1
    print(f"{len(RUNS)} replays, {differing} with other digests")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
