"""What the crash tests share: histories with some dirt in them, calls of `parcours replay` that may
be killed, and what must be the same of two runs."""

import json
import pathlib
import random
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CDNOW = ROOT / "examples" / "cdnow"
CDNOW_UNTIL = "1998-07-01T00:00:00Z"
FILES = ("transitions", "actions", "decisions", "rejected", "customers")
# How often something had to be looked at again: that may differ.
LOOSE_COUNTERS = ("early_pops", "customer_loads", "events_resumed", "evaluations")


def cdnow_lines(seed, order="sort"):
    """The history of CDNOW in the order asked for, with bad lines, ignored types, duplicates."""
    done = subprocess.run(
        [sys.executable, CDNOW / "to_events.py"], capture_output=True, text=True, check=True
    )
    rng = random.Random(seed)
    lines = []
    for line in done.stdout.splitlines():
        lines.append(line)
        if rng.random() < 0.05:  # told twice, at once
            lines.append(line)
    lines.sort(key=lambda line: json.loads(line)["time"])
    if order == "sort":
        rng.shuffle(lines)
        lines += rng.sample(lines, 100)
    elif order == "arrival":
        for first in range(0, len(lines) - 8, 8):
            some = lines[first : first + 8]
            rng.shuffle(some)
            lines[first : first + 8] = some
    dirty = []
    for line in lines:
        dirt = rng.random()
        if dirt < 0.01:
            dirty.append('{"specversion":"1.0","id":"cut')
        elif dirt < 0.02:
            dirty.append(line.replace('"total"', '"total":-1,"total_"', 1))
        elif dirt < 0.03:
            dirty.append(line.replace("order_completed", "page_seen"))
        elif dirt < 0.04:
            dirty.append("")
        dirty.append(line)
    return dirty


def write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


class Replay:
    """The words of one run, to be said again and again."""

    def __init__(self, binary, definitions, inputs, out, *options, state=None):
        self.out = pathlib.Path(out)
        self.state = None if state is None else pathlib.Path(state)
        self.words = [binary, "replay", "--definitions", definitions, "--format", "json"]
        for path in inputs:
            self.words += ["--input", path]
        self.words += ["--out", out, *options]
        if state is not None:
            self.words += ["--state", state]
        self.words = [str(word) for word in self.words]

    def start(self, **how):
        return subprocess.Popen(
            self.words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **how,
        )

    def run(self, **how):
        """(exit code, what it printed, what it said on stderr)"""
        process = self.start(**how)
        printed, said = process.communicate()
        return process.returncode, printed, said

    def summary(self):
        code, printed, said = self.run()
        if code != 0:
            sys.exit(f"{' '.join(self.words)}: exit code {code}\n{said}")
        return json.loads(printed)

    def kill_after(self, seconds):
        """None if it was killed, else what run() gives."""
        process = self.start()
        try:
            printed, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return None
        return process.returncode, printed, said


def seconds_of(task):
    """(what `task` gives, how long it took)"""
    began = time.monotonic()
    result = task()
    return result, time.monotonic() - began


def what_counts(summary):
    """The part of a summary that must be the same however the run went."""
    kept = {name: summary[name] for name in ("members", "transitions", "journeys", "digests")}
    kept["counters"] = {
        name: n for name, n in summary["counters"].items() if name not in LOOSE_COUNTERS
    }
    return kept


def differences(found, expected, path=""):
    """Sentences about where two summaries differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted(set(found) | set(expected)):
            yield from differences(found.get(name), expected.get(name), f"{path}.{name}")
    elif found != expected:
        yield f"{path[1:]}: {found} instead of {expected}"


def file_differences(out, expected, ordered):
    """Sentences about files that differ; `ordered`: byte for byte, but for the customers."""
    for kind in FILES:
        one, other = (pathlib.Path(folder) / f"{kind}.ndjson" for folder in (out, expected))
        if not one.exists():
            yield f"{one} is not there"
            continue
        lines, wanted = one.read_bytes(), other.read_bytes()
        if not ordered or kind == "customers":
            lines, wanted = sorted(lines.splitlines()), sorted(wanted.splitlines())
        if lines != wanted:
            yield f"{one} differs from {other}"


def compare(name, found, expected, out, expected_out, ordered):
    """Prints what differs; how much that is."""
    wrong = list(differences(what_counts(found), what_counts(expected)))
    wrong += file_differences(out, expected_out, ordered)
    for sentence in wrong:
        print(f"WRONG {name}: {sentence}")
    return len(wrong)
