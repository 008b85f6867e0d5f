#!/usr/bin/env python3
"""Hostile states: whatever becomes of the folder, `parcours replay --state` either gives the right
result or says in one sentence why not. It never crashes, and never loses anything.

    damage_test.py --parcours BIN [--flips 40] [--seed 1] [--only WORD]

Each case begins with a copy of a state that was left on the way (CUT: one run, killed; OPENED: the
same, opened once more; TWO: the second of two runs, killed; DONE: finished) and does one thing to it.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from replaying import (
    CDNOW,
    CDNOW_UNTIL,
    ROOT,
    Replay,
    cdnow_lines,
    differences,
    file_differences,
    what_counts,
    write_lines,
)

HALF = "1997-03-01T00:00:00Z"  # about half of the orders come before
SHARDS = ["--shards", "3", "--commit-every", "200"]


class Cases:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.binary = options.parcours.resolve()
        self.held = self.wrong = self.skipped = 0
        self.halved = False  # whether the case reads the halves of the history
        self.rng = random.Random(options.seed)
        lines = cdnow_lines(options.seed)
        self.history = write_lines(folder / "events.ndjson", lines)
        early = [line for line in lines if self.time_of(line) < HALF]
        late = [line for line in lines if self.time_of(line) >= HALF]
        self.early = write_lines(folder / "early.ndjson", early)
        self.late = write_lines(folder / "late.ndjson", late)

    @staticmethod
    def time_of(line):
        try:
            return json.loads(line)["time"]
        except (ValueError, KeyError):
            return ""

    # --- one call

    def replay(self, *words, inputs=None, until=CDNOW_UNTIL, definitions=None, state="state"):
        return Replay(
            self.binary,
            definitions or CDNOW / "definitions",
            inputs or [self.history],
            self.folder / "out",
            "--until",
            until,
            *(words or SHARDS),
            state=self.folder / state if state else None,
        )

    def second(self):
        self.halved = True
        return self.replay(inputs=[self.late])

    def fresh(self):
        self.halved = False
        for name in ("state", "out"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    # --- the states that cases begin with

    def keep(self, name):
        for part in ("state", "out"):
            shutil.rmtree(self.folder / name / part, ignore_errors=True)
            shutil.copytree(self.folder / part, self.folder / name / part)

    def begin(self, name):
        self.fresh()
        for part in ("state", "out"):
            shutil.copytree(self.folder / name / part, self.folder / part)
        return self.folder / "state"

    def kill_on_the_way(self, replay, ready):
        """Starts it and kills it once `ready()`, again and again until that comes in time."""
        for _ in range(50):
            process = replay.start()
            while process.poll() is None and not ready():
                time.sleep(0.001)
            if process.poll() is None:
                process.kill()
                process.communicate()
                return
            process.communicate()
            self.fresh()
        sys.exit("it always ends before it can be killed")

    def prepare(self):
        plain = self.replay(state=None)
        self.expected = plain.summary()
        shutil.copytree(plain.out, self.folder / "expected")
        self.fresh()
        lines = self.folder / "out" / "transitions.ndjson"

        def some(size):
            return lambda: lines.exists() and lines.stat().st_size > size

        self.kill_on_the_way(self.replay(), some(600_000))
        self.keep("CUT")
        # Opened once more, so that there is more than a write-ahead log.
        self.replay().kill_after(self.options.opening)
        self.keep("OPENED")
        self.fresh()
        self.replay().summary()
        self.keep("DONE")
        self.fresh()
        self.replay(inputs=[self.early], until=HALF).summary()
        self.keep("HALF")
        process_out = lines.stat().st_size
        for _ in range(50):
            self.begin("HALF")
            process = self.second().start()
            while process.poll() is None and lines.stat().st_size < process_out + 200_000:
                time.sleep(0.001)
            done = process.poll() is not None
            process.kill()
            process.communicate()
            if not done:
                break
        self.keep("TWO")

    # --- judging

    def fail(self, name, what):
        self.wrong += 1
        print(f"WRONG {name}: {what}")

    def right(self, name, ended):
        """Whether it ended, and then with the right result."""
        code, printed, _ = ended
        if code != 0:
            return False
        found = list(differences(what_counts(json.loads(printed)), what_counts(self.expected)))
        found += [
            one
            for one in file_differences(self.folder / "out", self.folder / "expected", False)
            if "rejected" not in one or not self.halved  # which names the input
        ]
        for sentence in found[:4]:
            self.fail(name, sentence)
        return True

    def refused(self, name, ended, word=""):
        code, _, said = ended
        if code < 0 or "Sanitizer" in said or "runtime error" in said:
            self.fail(name, f"it crashed: {code}\n{said[:3000]}")
            return False
        last = said.splitlines()[-1:] or [""]
        if code == 0 or not last[0].startswith("parcours: ") or word not in said:
            self.fail(name, f"exit code {code}, it said: {said!r}, without {word!r}")
            return False
        if len(last[0]) > 600:
            self.fail(name, f"that is no sentence: {last[0]}")
        return True

    def expect(self, name, kind, ended, word=""):
        """kind: right, refused, or either."""
        if self.options.verbose:
            print(f"{name}: {ended[0]} {ended[2].strip()}")
        before = self.wrong
        if kind == "refused" or (kind == "either" and ended[0] != 0):
            self.refused(name, ended, word)
        elif not self.right(name, ended):
            self.refused(name, ended)
            self.fail(name, f"should have been right, exit code {ended[0]}: {ended[2]}")
        self.held += self.wrong == before

    def case(self, name, start, damage, kind, replay=None, word="", **how):
        if self.options.only and self.options.only not in name:
            return
        state = self.begin(start)
        self.halved = start in ("TWO", "HALF")
        done = damage(state)
        if done is False:
            self.skipped += 1
            print(f"skipped {name}: there is nothing to damage")
            return
        replay = replay or (self.second() if start in ("TWO", "HALF") else self.replay())
        before = self.tree(state)
        ended = replay.run(**how)
        self.expect(name, kind, ended, word)
        if ended[0] == 0 or kind == "right":
            return
        gone = [path for path in before if not (state / path).exists()]
        aside = list(state.glob("*.damaged-*"))
        if gone and not aside:
            self.fail(name, f"it was refused, and {gone} are gone")

    @staticmethod
    def tree(state):
        return {p.relative_to(state) for p in state.glob("*")} if state.exists() else set()

    # --- damages

    def flip(self, pattern, place=None):
        def damage(state):
            files = sorted(f for f in state.glob(pattern) if f.stat().st_size > 60)
            if not files:
                return False
            path = self.rng.choice(files)
            content = bytearray(path.read_bytes())
            at = self.rng.randrange(len(content)) if place is None else int(place * len(content))
            content[at] ^= 1 << self.rng.randrange(8)
            path.write_bytes(content)
            return True

        return damage

    @staticmethod
    def cut(pattern, share):
        def damage(state):
            files = [f for f in state.glob(pattern) if f.stat().st_size > 60]
            for path in files:
                os.truncate(path, int(path.stat().st_size * share))
            return bool(files)

        return damage

    @staticmethod
    def remove(pattern):
        def damage(state):
            paths = list(state.glob(pattern))
            for path in paths:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            return bool(paths)

        return damage

    # --- the cases

    def bytes_and_files(self):
        again = {"CUT": "right", "OPENED": "right", "DONE": "right", "TWO": "either"}
        for start, kind in again.items():
            for pattern in ("store/*.sst", "log/*.sst", "log/*.blob", "log/*.log"):
                self.case(f"{start}: a byte of {pattern}", start, self.flip(pattern, 0.4), kind)
            self.case(f"{start}: cut log WAL", start, self.cut("log/*.log", 0.5), kind)
            self.case(f"{start}: empty log WAL", start, self.cut("log/*.log", 0), kind)
            self.case(f"{start}: cut store MANIFEST", start, self.cut("store/MANIFEST-*", 0.5), kind)
            self.case(f"{start}: cut log MANIFEST", start, self.cut("log/MANIFEST-*", 0.5), kind)
            for part in ("store/CURRENT", "log/CURRENT", "store", "log", "store/*.sst", "log/*.sst"):
                self.case(f"{start}: no {part}", start, self.remove(part), kind)
        for number in range(self.options.flips):
            start = sorted(again)[number // 2 % len(again)]
            part = "store/*" if number % 2 else "log/*"
            name = f"{start}: flip {number} in {part}"
            self.case(name, start, self.flip(part), again[start])

    def runs_file(self):
        for start in ("CUT", "TWO", "DONE"):
            self.case(f"{start}: runs removed", start, self.remove("runs"), "refused", word="runs")
        garbled = lambda state: (state / "runs").write_bytes(b"\x00\xffwhat\n")
        self.case("runs garbled", "CUT", garbled, "refused", word="runs")
        empty = lambda state: (state / "runs").write_bytes(b"")
        self.case("runs empty", "CUT", empty, "refused", word="runs")
        newer = lambda state: (state / "runs").write_text(
            (state / "runs").read_text().replace("runs 1", "runs 2", 1)
        )
        self.case("runs of a newer version", "CUT", newer, "refused", word="newer")

        def cut_line(state):
            text = (state / "runs").read_text()
            (state / "runs").write_text(text[:-30])

        self.case("runs cut", "CUT", cut_line, "refused")

    def other_words(self):
        nothing = lambda state: True
        other = self.folder / "definitions"
        shutil.copytree(CDNOW / "definitions", other, dirs_exist_ok=True)
        for path in other.glob("*.yaml"):
            path.write_text(path.read_text().replace("orders >= 3", "orders >= 4"))
        for start in ("CUT", "DONE"):
            replay = self.replay(definitions=other)
            self.case(f"{start}: other definitions", start, nothing, "refused", replay, "definitions")
            replay = self.replay("--shards", "4", "--commit-every", "200")
            self.case(f"{start}: other shards", start, nothing, "refused", replay, "--shards 3")
        self.case("further input", "CUT", nothing, "refused", self.second(), "not finished")
        replay = self.replay(inputs=["-"])
        self.case("standard input", "CUT", nothing, "refused", replay, "standard input")
        replay = self.replay(inputs=[self.folder / "nowhere"])
        self.case("no such input", "CUT", nothing, "refused", replay, "nowhere")
        replay = self.replay(inputs=[self.early], until=HALF)
        self.case("inputs that were read before", "TWO", nothing, "refused", replay, "before")
        for start in ("CUT", "TWO", "DONE", "HALF"):
            self.case(f"{start}: nothing at all", start, nothing, "right")

    def outputs(self):
        out = self.folder / "out"
        no_out = lambda state: shutil.rmtree(out)
        self.case("CUT: no out folder", "CUT", no_out, "either", word="transitions.ndjson")
        self.case("TWO: no out folder", "TWO", no_out, "either", word="transitions.ndjson")
        short = lambda state: os.truncate(out / "transitions.ndjson", 1000)
        for start in ("CUT", "TWO"):
            self.case(f"{start}: short file", start, short, "either", word="transitions.ndjson")

        def longer(state):
            with open(out / "transitions.ndjson", "ab") as file:
                file.write(b"half a li")

        self.case("TWO: longer file", "TWO", longer, "right")

    def said_again(self):
        """A finished run is told again, with all its numbers, whatever came last."""
        if self.options.only and self.options.only not in "said again":
            return
        self.begin("DONE")
        self.expect("said again", "right", self.replay().run())
        # A second run that changes no customer at all.
        bad = write_lines(self.folder / "bad.ndjson", ["{cut"] * 7)
        replay = self.replay(inputs=[bad])
        first, second = replay.summary(), replay.summary()
        for sentence in differences(what_counts(second), what_counts(first)):
            self.fail("a run without events, said again", sentence)
        if first["counters"]["rejected"] != self.expected["counters"]["rejected"] + 7:
            self.fail("a run without events", first["counters"])
        if first["digests"] != self.expected["digests"]:
            self.fail("a run without events", "the digests moved")
        self.held += 1

    def two_processes(self):
        if self.options.only and self.options.only not in "two processes":
            return
        self.begin("CUT")
        first = self.replay().start()
        ends = []
        while first.poll() is None:  # some come before it holds the folder, and hold it
            ends.append(self.replay().run())
        printed, said = first.communicate()
        ends.append((first.returncode, printed, said))
        # Whoever got the folder is right; the others were refused.
        done = 0
        for ended in ends:
            if ended[0] == 0:
                done += self.right("two processes", ended)
            else:
                self.refused("two processes", ended, "another process")
        if done == 0:
            self.fail("two processes", f"nobody got it: {ends}")
        self.expect("after two processes", "right", self.replay().run())

    def full_disk(self):
        if self.options.only and self.options.only not in "full disk":
            return
        for size in (2_000, 60_000, 300_000, 900_000):

            def limit(size=size):
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

            for start in (None, "CUT", "HALF"):
                self.fresh()
                if start:
                    self.begin(start)
                replay = self.second() if start == "HALF" else self.replay()
                self.halved = start == "HALF"
                ended = replay.run(preexec_fn=limit, restore_signals=False)
                name = f"full disk: {size} bytes, {start}"
                self.expect(name, "either", ended)
                self.expect(f"after {name}", "right", replay.run())
        self.full_tmpfs()

    def full_tmpfs(self):
        disk = self.folder / "disk"
        disk.mkdir(exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            self.skipped += 1
            print("skipped a small disk: nothing can be mounted here")
            return
        try:
            for kilobytes in (512, 1500, 2500, 4000):
                for path in disk.glob("*"):
                    shutil.rmtree(path)
                self.fresh()
                self.remount(disk, f"{kilobytes}k")
                replay = self.replay(state="disk/state")
                self.expect(f"small disk, {kilobytes} kB", "either", replay.run(), "full")
                self.remount(disk, "500m")
                self.expect(f"then a larger one, {kilobytes} kB", "right", replay.run())
        finally:
            subprocess.run(["umount", disk], check=True)

    @staticmethod
    def remount(disk, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)

    def read_only(self):
        if self.options.only and self.options.only not in "read only":
            return
        if os.geteuid() == 0:
            self.skipped += 1
            print("skipped a read-only folder: root may write everywhere")
        else:
            state = self.begin("CUT")
            paths = [state, *state.rglob("*")]
            for path in paths:
                path.chmod(path.stat().st_mode & ~0o222)
            ended = self.replay().run()
            for path in paths:
                path.chmod(path.stat().st_mode | 0o200)
            self.expect("read-only folder", "refused", ended)
        self.fresh()
        self.expect("a file, no folder", "refused", self.replay(state="events.ndjson").run())
        self.expect("nowhere", "refused", self.replay(state="../../proc/nowhere/x").run())

    def halves(self):
        """Two calls, cut by time, end as one call on everything does."""
        if self.options.only and self.options.only not in "halves":
            return
        self.fresh()
        self.replay(inputs=[self.early], until=HALF).summary()
        self.expect("halves", "right", self.second().run())
        self.expect("halves, said again", "right", self.second().run())
        # The first call ends where its last event does.
        self.fresh()
        words = [w for w in self.replay(inputs=[self.early]).words]
        at = words.index("--until")
        first = self.replay(inputs=[self.early])
        first.words = words[:at] + words[at + 2 :]
        first.summary()
        self.expect("halves, the first without --until", "right", self.second().run())
        # The second call may not go back in time.
        self.fresh()
        self.replay(inputs=[self.early], until=CDNOW_UNTIL).summary()
        ended = self.replay(inputs=[self.late], until=HALF).run()
        self.expect("an --until that goes back", "refused", ended, "--until")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parcours", required=True, type=pathlib.Path)
    parser.add_argument("--flips", type=int, default=40, help="random bytes flipped")
    parser.add_argument("--opening", type=float, default=0.1, help="seconds it takes to open")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="cases with this word in their name")
    parser.add_argument("--verbose", action="store_true", help="tell what each case said")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parcours-damage-") as name:
        cases = Cases(options, pathlib.Path(name))
        cases.prepare()
        cases.bytes_and_files()
        cases.runs_file()
        cases.other_words()
        cases.outputs()
        cases.said_again()
        cases.halves()
        cases.two_processes()
        cases.read_only()
        cases.full_disk()
    print(f"damage: {cases.held} hold, {cases.wrong} wrong, {cases.skipped} skipped")
    sys.exit(1 if cases.wrong else 0)


if __name__ == "__main__":
    main()
