"""What the documentation's checks must see: a command that fails, a wrong output, an unknown word of
./dev; an example that is not true.

Usage: check_docs_test.py
"""
import stat
import sys
import tempfile
from pathlib import Path

import check_docs
import check_examples

# (page, how many faults)
PAGES = [
    ("```sh\n./dev build\necho a > out/x\ncat out/x\n```\n```text exact\na\n```\n", 0),
    ("```sh\nparcours a\n./build/release/parcours b\n```\n\n```text exact\na\nb\n```\n", 0),
    ("```sh\nparcours hello\n```\n```text exact\nhallo\n```\n", 1),
    ("```sh\nparcours hello\n```\n```text\nany other\n```\n", 0),
    ("```sh\nfalse\n```\n", 1),
    ("```sh\nfalse | cat\n```\n", 1),
    ("```sh\nfalse; true\n```\n", 1),
    ("```sh\n./dev sing\n```\n", 1),
    ("```\nfalse\n```\n", 0),
    ("```sh\n./dev build\ntouch out/made\n```\n```sh\nls out/made\n```\n", 0),
]
# Stands for `parcours eval`: "yes" is true, "no" is false, all else is an error.
EVAL = """#!/bin/sh
case "$5" in
  yes*) echo '{"value": true, "horizon": null}' ;;
  no*) echo '{"value": false, "horizon": null}' ;;
  *) echo '{"error": "1:1: unknown name"}'; exit 1 ;;
esac
"""
# (page, how many faults, how many examples)
EXAMPLES = [
    ("```cel\nyes // and why\n\nyes\n```\n", 0, 2),
    ("```cel\nyes\nno\nwhat\n```\n", 2, 3),
    ("```\nno\n```\n", 0, 0),
    ("```case\nno definitions\n```\n", 1, 1),
]


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.md")
        program = Path(folder, "parcours")
        program.write_text(EVAL)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        for text, *expected in EXAMPLES:
            page.write_text(text)
            found = check_examples.check(program, [page])
            if found != tuple(expected):
                failures.append(f"{text}: expected {expected} faults and examples, found {found}")
        for text, expected in PAGES:
            page.write_text(text)
            found = check_docs.faults_of(page, "/bin/echo")
            if len(found) != expected:
                failures.append(f"{text}: expected {expected} faults, found {found}")
    print("\n".join(failures) if failures else f"{len(PAGES) + len(EXAMPLES)} planted pages")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
