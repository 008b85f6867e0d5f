"""check_docs.py sees a command that fails, a wrong output and an unknown word of ./dev.

Usage: check_docs_test.py
"""
import sys
import tempfile
from pathlib import Path

import check_docs

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


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.md")
        for text, expected in PAGES:
            page.write_text(text)
            found = check_docs.faults_of(page, "/bin/echo")
            if len(found) != expected:
                failures.append(f"{text}: expected {expected} faults, found {found}")
    print("\n".join(failures) if failures else f"{len(PAGES)} planted pages")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
