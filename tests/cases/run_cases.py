"""Runs the text cases: a definition, a few events, and what must come out of them.

Every *.txt beside this script is a set of cases; README.md tells how to write one. For each case
the definitions and events go to a folder, `parcours replay` runs on it, and what the case names is
compared; what it does not name is not. A difference is shown line by line.

Usage: run_cases.py --parcours PROGRAM [--keep FOLDER] [FILE...]
"""
import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import case_file
import outcome

HERE = Path(__file__).resolve().parent


def replay(program, case, folder):
    """Runs the case; returns an Outcome, or a sentence that says why there is none."""
    definitions = folder / "definitions"
    definitions.mkdir(parents=True, exist_ok=True)
    (definitions / "definitions.yaml").write_text(case.definitions)
    for name, text in case.files.items():
        (definitions / name).write_text(text)
    (folder / "events.ndjson").write_text("".join(line + "\n" for line in case.event_lines()))
    command = [program, "replay", "--definitions", definitions, "--input",
               folder / "events.ndjson", "--out", folder / "out", "--format", "json"]
    command += ["--order", case.order] if case.order else []
    command += ["--until", case.until] if case.until else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=120)
    except subprocess.TimeoutExpired:
        return "not done after 120 s"
    if done.returncode != 0:
        return f"exit code {done.returncode}: {done.stderr.strip()[-3000:]}"
    return outcome.read(folder / "out", done.stdout)


def faults_of(program, case, folder):
    """What differs, as text; empty if nothing does."""
    found = replay(program, case, folder)
    if isinstance(found, str):
        return found
    return "\n".join(filter(None, (outcome.difference(found, name, lines)
                                   for name, lines in case.expected.items())))


def run(program, files, keep):
    cases, failures = [], []
    for path in files:
        try:
            cases += case_file.parse(path)
        except case_file.Mistake as mistake:
            failures.append(str(mistake))
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        base = Path(keep or scratch)
        folders = [base / f"{case.path.stem}-{case.line}" for case in cases]
        results = pool.map(lambda pair: faults_of(program, *pair), zip(cases, folders))
        for case, fault in zip(cases, results):
            if fault:
                failures.append(f"{case.path}:{case.line}: {case.title}\n{fault}")
    print("\n\n".join(failures))
    print(f"{len(cases)} cases in {len(files)} files, {len(failures)} failed")
    return 1 if failures or not cases else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parcours", required=True)
    parser.add_argument("--keep", help="a folder that keeps inputs and outputs")
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    files = options.files or sorted(HERE.glob("*.txt"))
    return run(Path(options.parcours).resolve(), files, options.keep)


if __name__ == "__main__":
    sys.exit(main())
