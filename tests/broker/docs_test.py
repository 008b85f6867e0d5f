#!/usr/bin/env python3
"""Runs what docs/kafka.md tells a reader to type, on a broker at the port it names.

    docs_test.py --parcours BIN
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from kafka import Broker, run_or_skip

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORT = 19092


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcours", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parcours-docs-") as folder:
        with Broker(folder, port=PORT):
            check = [sys.executable, ROOT / "tests/docs/check_docs.py"]
            return subprocess.run(
                [*check, "--parcours", options.parcours, ROOT / "docs/kafka.md"], check=False
            ).returncode


if __name__ == "__main__":
    run_or_skip(main)
