"""What the checks of the examples share: running the binary, reading what it wrote."""

import json
import pathlib
import subprocess
import sys
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import digests  # noqa: E402  (found only through the path above)

DATA = ROOT.parent / "shared" / "data"


class Checks:
    """Counts what holds and prints what does not."""

    def __init__(self):
        self.held = self.failed = 0

    def equal(self, what, found, expected):
        if found == expected:
            self.held += 1
            return
        self.failed += 1
        print(f"WRONG {what}: {found} instead of {expected}")

    def finish(self, name):
        print(f"{name}: {self.held} checks hold, {self.failed} do not")
        sys.exit(1 if self.failed else 0)


def to_events(example, destination, *options):
    """Runs the example's own script."""
    script = ROOT / "examples" / example / "to_events.py"
    with open(destination, "w", encoding="utf-8") as out:
        subprocess.run([sys.executable, str(script), *options], stdout=out, check=True)
    return destination


def replay(binary, example, events, until, out, order=None):
    """The summary that `parcours replay` prints, parsed."""
    command = [
        binary,
        "replay",
        "--definitions",
        str(ROOT / "examples" / example / "definitions"),
        "--input",
        str(events),
        "--until",
        until,
        "--out",
        str(out),
        "--format",
        "json",
    ]
    if order:
        command += ["--order", order]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def records(out, kind):
    with open(pathlib.Path(out) / f"{kind}.ndjson", encoding="utf-8") as lines:
        return [json.loads(line, parse_float=Decimal) for line in lines]


def features_and_segments(out):
    """What does not depend on the order of arrival."""
    return {
        record["customer"]: (
            record["attributes"],
            record["features"],
            {name: its["segment"] for name, its in record["segments"].items()},
        )
        for record in records(out, "customers")
    }


def by_time(summary, segmentation):
    row = summary["transitions"][segmentation]
    return row["event"], row["time"]


__all__ = [
    "Checks",
    "DATA",
    "ROOT",
    "by_time",
    "digests",
    "features_and_segments",
    "records",
    "replay",
    "to_events",
]
