"""Runs the examples of definitions and expressions in the documentation.

A block marked ```cel has one expression a line, which must be true; a line may end with a comment
(`// ...`). A block marked ```case is a text case (tests/cases/README.md), which must hold.

Usage: check_examples.py --parcours PROGRAM [PAGE...]
"""
import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

from check_docs import BLOCK, ROOT

sys.path.insert(0, str(ROOT / "tests/cases"))
import run_cases  # noqa: E402

NOW = "2026-06-15T12:00:00Z"


def blocks_of(page, mark):
    """[(line of the first line inside, text)] of the page's blocks of this mark."""
    text = page.read_text()
    return [(text.count("\n", 0, m.start()) + 2, m["text"]) for m in BLOCK.finditer(text)
            if m["mark"].strip() == mark]


def expressions_of(page):
    """[(line, expression)]"""
    return [(line + i, expression) for line, text in blocks_of(page, "cel")
            for i, expression in enumerate(text.splitlines()) if expression.strip()]


def fault_of(program, page, line, expression):
    done = subprocess.run([program, "eval", "--now", NOW, "--", expression], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    try:
        if json.loads(done.stdout).get("value") is True:
            return None
    except ValueError:
        pass
    return f"{page}:{line}: {expression}\n  is not true: {done.stdout}{done.stderr}"


def check(program, pages):
    """Prints every fault; the number of faults and of examples."""
    expressions = [(page, *found) for page in pages for found in expressions_of(page)]
    with ThreadPoolExecutor(cpu_count()) as pool:
        faults = list(filter(None, pool.map(lambda e: fault_of(program, *e), expressions)))
    print("\n".join(faults))
    cases = [(page, *block) for page in pages for block in blocks_of(page, "case")]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for page, line, text in cases:
            files.append(Path(folder, f"{page.stem}-{line}.txt"))
            files[-1].write_text(text)
        if files:
            failed = run_cases.run(program, files, None)
    return len(faults) + failed, len(expressions) + len(cases)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parcours", type=Path, required=True)
    parser.add_argument("pages", type=Path, nargs="*")
    options = parser.parse_args()
    pages = options.pages or sorted((ROOT / "docs").rglob("*.md"))
    faults, examples = check(options.parcours.resolve(), pages)
    print(f"{len(pages)} pages, {examples} examples, {faults} faults")
    return 1 if faults or not examples else 0


if __name__ == "__main__":
    sys.exit(main())
