"""What the sources include and the scripts call comes with the packages of packages.txt.

A machine that has more than it needs hides what is missing; so each header, and each program that
./dev and the tests call, is looked up in Debian's list of files: its package must be one of
packages.txt, or come with one. Skipped where there is no dpkg.
"""
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from rules import Tree

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [Path("/usr/include"), Path("/usr/include/x86_64-linux-gnu")]
PROGRAMS = ["ccache", "clang++", "clang-format", "clang-tidy", "cmake", "curl", "g++", "java", "ld.lld",
            "mvn", "ninja", "nm", "pkg-config", "protoc", "python3"]
GIVEN = {"git"}  # who has a clone has it
SKIPPED = 77


def asked(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout


def come_with(names):
    """`names`, and what they depend on, of the packages that are installed."""
    depends, provided = {}, {}
    listing = asked("dpkg-query", "-W",
                    "-f=${Package}\\t${Depends}, ${Pre-Depends}\\t${Provides}\\n")
    for package, needs, provides in (line.split("\t") for line in listing.splitlines()):
        depends[package] = re.findall(r"(?:^|[,|]) *([a-z0-9.+-]+)", needs)
        for name in re.findall(r"(?:^|,) *([a-z0-9.+-]+)", provides):
            provided.setdefault(name, package)
    found, left = set(), list(names)
    while left:
        name = left.pop()
        name = name if name in depends else provided.get(name, name)
        if name not in found:
            found.add(name)
            left += depends.get(name, [])
    return found


def headers(tree):
    """{header: a file that includes it}, of those that are not ours."""
    found = {}
    for name in tree.sources():
        for header in re.findall(r'^#include ["<]([^">]+)[">]', tree.text(name), re.M):
            if header not in tree.files and not header.endswith(".pb.h"):
                found.setdefault(header, name)
    return found


def packages_of(paths):
    """{path: its package}."""
    found = {}
    for line in asked("dpkg", "-S", *map(str, paths)).splitlines():
        packages, _, path = line.partition(": ")
        found[path] = packages.split(",")[0].split(":")[0]
    return found


class Packages(unittest.TestCase):
    def setUp(self):
        listed = re.findall(r"^[^#\s]+", (ROOT / "packages.txt").read_text(), re.M)
        self.given = come_with(listed) | GIVEN

    def test_headers(self):
        users = {}
        for header, user in headers(Tree(ROOT)).items():
            for path in (folder / header for folder in FOLDERS):
                if path.exists():
                    users[path] = user
        self.assertGreater(len(users), 50)
        self.check(users)

    def test_programs(self):
        self.check({Path(path).resolve(): name for name in PROGRAMS
                    if (path := shutil.which(name)) is not None})

    def check(self, users):
        """`users`: {path: who needs it}."""
        for path, package in packages_of(users).items():
            with self.subTest(path=path):
                self.assertTrue(package in self.given,
                                f"{package} is needed by {users[Path(path)]}")


if __name__ == "__main__":
    if shutil.which("dpkg-query") is None:
        print("skipped: no dpkg, so nothing tells which package a file is of")
        sys.exit(SKIPPED)
    unittest.main()
