#!/usr/bin/env python3
"""Recomputes the four digests from the files a replay has written.

The digest of a file is the sum modulo 2^256 of the SHA-256 of its lines (without the newline), each
read as a big-endian number: the order of the lines does not matter, any changed byte does.
Usage: digests.py OUT_DIR   prints {"transitions": ..., "actions": ..., ...} as JSON
"""

import hashlib
import json
import pathlib
import sys

KINDS = ("transitions", "actions", "decisions", "customers")


def digest_of_lines(lines):
    total = 0
    for line in lines:
        total += int.from_bytes(hashlib.sha256(line.rstrip(b"\n")).digest(), "big")
    return f"{total % 2**256:064x}"


def digests(folder):
    found = {}
    for kind in KINDS:
        with open(pathlib.Path(folder) / f"{kind}.ndjson", "rb") as lines:
            found[kind] = digest_of_lines(lines)
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(json.dumps(digests(sys.argv[1])))


if __name__ == "__main__":
    main()
