#!/usr/bin/env python3
"""Kills `parcours replay --state` again and again, at random moments; nothing may come of it.

Each round says the same words until they end, killed (SIGKILL) on the way: at the start, while it
sorts, restores, replays, finishes. Then digests, counters and files must be those of a run that
nobody disturbed, with a state and without.

    kill_replay.py --parcours BIN [--kills 12] [--mode SHARDS/LANES/ORDER[/MEMORY]]...
                   [--generate EVENTS,CUSTOMERS] [--after-commit-at-least N] [--seed 1]

Without --generate the history is CDNOW's with bad lines, ignored types and duplicates mixed in,
committed every 200 events. A failure prints the seed and keeps its folder.
"""

import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from replaying import (
    CDNOW,
    CDNOW_UNTIL,
    ROOT,
    Replay,
    cdnow_lines,
    compare,
    seconds_of,
    write_lines,
)

# A log with less in it has had no commit of events.
NO_COMMIT_BYTES = 4096


def log_bytes(state):
    files = [*state.glob("log/*.log"), *state.glob("log/*.sst"), *state.glob("log/*.blob")]
    return sum(path.stat().st_size for path in files)


class Killing:
    def __init__(self, replay, expected, expected_out, seconds, rng, ordered):
        self.replay, self.expected, self.expected_out = replay, expected, expected_out
        self.seconds, self.rng, self.ordered = seconds, rng, ordered
        self.kills = self.after_commit = self.rounds = self.wrong = 0
        self.ends_at = seconds  # how long a start that ended took, last
        self.committed = False  # before the start that is made

    def moment(self):
        """When to kill the next start."""
        kind = self.rng.random()
        if kind < 0.1:
            return self.rng.uniform(0, 0.05)
        if kind < 0.3:  # about its end
            return self.ends_at * self.rng.uniform(0.85, 1.02)
        return self.seconds * self.rng.uniform(0, 0.7)

    def start(self, seconds):
        """One start, killed unless it ends before. True if it ended."""
        ended = self.replay.kill_after(seconds) if seconds is not None else self.replay.run()
        if ended is None:
            self.kills += 1
            self.committed = log_bytes(self.replay.state) > NO_COMMIT_BYTES
            self.after_commit += self.committed
            return False
        code, printed, said = ended
        if code != 0:
            self.wrong += 1
            print(f"WRONG after {self.kills} kills: exit code {code}\n{said}")
            return True
        if said:
            self.wrong += 1
            print(f"WRONG after {self.kills} kills: it said {said}")
        summary = json.loads(printed)
        resumed = summary["counters"]["events_resumed"]
        if self.committed and resumed == 0:
            self.wrong += 1
            print(f"WRONG after {self.kills} kills: the log held commits, and nothing was resumed")
        name = f"after {self.kills} kills"
        self.wrong += compare(
            name, summary, self.expected, self.replay.out, self.expected_out, self.ordered
        )
        return True

    def round(self, kills):
        """Starts until one ends; at most `kills` are killed."""
        for folder in (self.replay.state, self.replay.out):
            shutil.rmtree(folder, ignore_errors=True)
        self.rounds += 1
        self.committed = False
        for number in range(kills):
            seconds = self.moment()
            ended, took = seconds_of(lambda: self.start(seconds))
            if ended:
                self.ends_at = took
                if number == 0:  # a whole run; the machine is less busy than it was
                    self.seconds = min(self.seconds, took)
                return
        self.start(None)


def check_mode(options, folder, history, definitions, mode):
    shards, lanes, order, *memory = mode.split("/")
    words = ["--shards", shards, "--lanes", lanes, "--order", order]
    if memory:
        words += ["--memory", memory[0]]
    if options.generate is None:
        words += ["--until", CDNOW_UNTIL, "--commit-every", "200"]
    elif options.commit_every:
        words += ["--commit-every", str(options.commit_every)]

    def replay(name, state=None):
        return Replay(
            options.parcours, definitions, [history], folder / name, *words, state=state
        )

    ordered = shards == lanes == "1"
    plain = replay("plain").summary()
    calm = replay("calm", folder / "calm-state")
    expected, seconds = seconds_of(calm.summary)
    wrong = compare("with a state", expected, plain, calm.out, folder / "plain", ordered)
    shutil.rmtree(folder / "calm-state")
    rng = random.Random(f"{options.seed} {mode}")
    killed = replay("killed", folder / "state")
    killing = Killing(killed, expected, calm.out, seconds, rng, ordered)
    while killing.wrong == 0:
        left = options.kills - killing.kills
        left = max(left, options.after_commit_at_least - killing.after_commit)
        if left <= 0 or killing.kills > 4 * options.kills + 20:
            break
        killing.round(left)
    wrong += killing.wrong
    if killing.after_commit < options.after_commit_at_least:
        wrong += 1
        print(f"WRONG: only {killing.after_commit} kills came after a commit")
    counters = expected["counters"]
    print(
        f"{mode}: {counters['events']} events, {counters['duplicates']} duplicates, "
        f"{counters['rejected']} rejected, {seconds:.1f} s; {killing.kills} kills in "
        f"{killing.rounds} rounds, {killing.after_commit} after a commit; {wrong} wrong"
    )
    if wrong:
        print(f"--seed {options.seed}, folder {folder}: {' '.join(killed.words)}")
    return wrong


def make_history(options, folder, order):
    path = folder / "events.ndjson"
    if options.generate is None:
        return write_lines(path, cdnow_lines(options.seed, order)), CDNOW / "definitions"
    events, customers = options.generate.split(",")
    if not path.exists():
        subprocess.run(
            [options.parcours, "generate", "--events", events, "--customers", customers]
            + ["--seed", str(options.seed), "--output", path],
            check=True,
        )
    return path, ROOT / "config"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parcours", required=True, type=pathlib.Path)
    parser.add_argument("--generate", help="EVENTS,CUSTOMERS")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--after-commit-at-least", type=int, default=0)
    parser.add_argument("--commit-every", type=int, help="of a generated history")
    parser.add_argument("--mode", action="append", help="SHARDS/LANES/ORDER[/MEMORY]")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.parcours = options.parcours.resolve()
    wrong = 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="parcours-kills-"))
    for mode in options.mode or ["1/1/sort"]:
        history, definitions = make_history(options, folder, mode.split("/")[2])
        wrong += check_mode(options, folder, history, definitions, mode)
        if wrong:
            break
        for name in ("plain", "calm", "killed", "state"):
            shutil.rmtree(folder / name, ignore_errors=True)
    if not wrong:
        shutil.rmtree(folder)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
