"""Runs what the documentation tells a reader to type, on the built program.

Every block marked ```sh in README.md, docs/ and examples/*/README.md is run as one bash script that
must end with 0; the blocks of one page run in order, in one copy of the project's root where
build/release/parcours is the program under test. A block marked ```text exact that follows is what
the script must print, line by line. `./dev WORD` is not run: it is enough that ./dev knows WORD.

Usage: check_docs.py --parcours PROGRAM [PAGE...]
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS_MAX = 300
BLOCK = re.compile(r"^```(?P<mark>[^\n]*)\n(?P<text>.*?)^```\s*$", re.S | re.M)
DEV = """#!/bin/sh
# Stands for ./dev: only asks whether there is such a word, and makes out/ as ./dev does.
mkdir -p out
'{root}/dev' help | grep -q "^./dev $1 " || {{ echo "./dev has no word '$1'" >&2; exit 1; }}
"""


def blocks_of(page):
    """[(line, commands, expected output or None)]"""
    text = page.read_text()
    found = [(text.count("\n", 0, m.start()) + 1, m["mark"].split(), m["text"])
             for m in BLOCK.finditer(text)]
    scripts = []
    for i, (line, mark, commands) in enumerate(found):
        if mark[:1] == ["sh"]:
            after = found[i + 1] if i + 1 < len(found) else (0, [], "")
            scripts.append((line, commands, after[2] if after[1] == ["text", "exact"] else None))
    return scripts


def lay_out(folder, program):
    """A stand-in for the project's root, so that a page may write to out/ and nowhere else."""
    for entry in ROOT.iterdir():
        if entry.name not in ("build", "out", "dev", ".git"):
            (folder / entry.name).symlink_to(entry)
    for place in ("build/release", "bin"):
        (folder / place).mkdir(parents=True)
    for place in ("build/release/parcours", "bin/parcours"):
        (folder / place).symlink_to(program)
    (folder / "dev").write_text(DEV.format(root=ROOT))
    (folder / "dev").chmod(0o755)


def run(folder, commands):
    environment = dict(os.environ, PATH=f"{folder}/bin:{os.environ['PATH']}")
    return subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=folder, text=True,
                          env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=SECONDS_MAX)


def faults_of(page, program):
    faults = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder, program)
        for line, commands, expected in blocks_of(page):
            try:
                done = run(folder, commands)
            except subprocess.TimeoutExpired:
                faults.append(f"{page}:{line}: not done after {SECONDS_MAX} s")
                continue
            if done.returncode != 0:
                faults.append(f"{page}:{line}: exit code {done.returncode}\n{done.stderr[-2000:]}")
            elif expected is not None and done.stdout.rstrip() != expected.rstrip():
                faults.append(f"{page}:{line}: the page shows\n{expected}\nbut it prints\n"
                              f"{done.stdout}")
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parcours", type=Path, required=True)
    parser.add_argument("pages", type=Path, nargs="*")
    options = parser.parse_args()
    pages = options.pages or [*ROOT.glob("README.md"), *sorted((ROOT / "docs").rglob("*.md")),
                              *sorted(ROOT.glob("examples/*/README.md"))]
    # Needs a broker: tests/broker/docs_test.py.
    pages = [page for page in pages if options.pages or page.name != "kafka.md"]
    faults, count = [], 0
    for page in pages:
        count += len(blocks_of(page))
        faults += faults_of(page, options.parcours.resolve())
    print("\n".join(faults))
    print(f"{len(pages)} pages, {count} blocks of commands, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
