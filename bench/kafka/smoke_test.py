#!/usr/bin/env python3
"""The benches on Kafka work: a tiny catch-up and a short pace, with what they publish checked.

    smoke_test.py --build FOLDER
"""

import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NEEDED = ("catch_up_heavy_transitions", "paced_100_event_p99")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    words = [sys.executable, HERE / "main.py", "--build", options.build, "kafka", "--quick"]
    words += ["--events", "20000", "--customers", "5000", "--no-file"]
    done = subprocess.run([*words, "catch_up_heavy", "paced_100"], stdout=subprocess.PIPE, text=True)
    print(done.stdout)
    missing = [name for name in NEEDED if f"\n{name} " not in f"\n{done.stdout}"]
    if done.returncode == 0 and missing:
        print(f"no figure: {', '.join(missing)}")
        return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
