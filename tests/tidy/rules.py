"""The rules of the house that a machine can check, one function each.

Every check takes a Tree and yields faults as "path:line: what is wrong". The table of rooms is read
from CMakeLists.txt, so that the build and this test cannot disagree. Exceptions are lists of files
below; a new one is a decision to defend in review.
"""
import re
import subprocess
from pathlib import Path

# Rooms without clocks, threads, locks, printing or environment: their output is their input's.
PURE_ROOMS = {"base", "rules/expr", "rules/catalog", "state", "processor/engine",
              "processor/sources"}
# Third-party headers, and the package in CMakeLists.txt that lets a room include them.
PACKAGES = [("yaml-cpp/", "PkgConfig::yaml"), ("simdjson", "simdjson::simdjson"),
            ("boost/", "Boost::headers"), ("openssl/", "OpenSSL::Crypto"),
            ("xxhash", "PkgConfig::xxhash"),
            ("zlib", "ZLIB::ZLIB"), ("zstd", "PkgConfig::zstd"), ("CLI/", "CLI11::CLI11"),
            ("google/protobuf/", "protobuf::libprotobuf"), ("rocksdb/", "PkgConfig::rocksdb"),
            ("re2/", "PkgConfig::re2"),
            ("librdkafka/", "PkgConfig::rdkafka")]
MESSAGES_ROOM = "proto"  # X.pb.h is made of its X.proto
EVERYWHERE = ("absl/",)
POSIX_HEADERS = re.compile(r"(sys/|arpa/|netinet/|linux/)?\w+\.h$")
POSIX_ROOMS = {"log", "runtime", "processor", "cli"}
# whether there is such a time zone; advice on memory
POSIX_FILES = {"base/calendar.cc", "state/arena.cc"}
OUTSIDE_ROOMS = ("tests/", "bench/")  # may include any room and any package

H_LINES_MAX, CC_LINES_MAX = 300, 600
LONG_FILES = set()

# name, pattern, the files it concerns, the files that may all the same
ALL = re.compile(r"")
PURE = re.compile("^(" + "|".join(sorted(PURE_ROOMS)) + r")/[^/]+$")
NOT_TESTS = re.compile(r"^(?!tests/|bench/)")
BANNED = [
    ("a real clock", r"absl::Now\b|GetCurrentTimeNanos|(system|steady|high_resolution)_clock"
     r"|\bclock_gettime\b|\bgettimeofday\b|\btime\s*\(\s*(nullptr|NULL|0|&)",
     ALL, r"^(runtime|bench)/"),
    ("sleeping", r"\b(u|nano)?sleep\s*\(|sleep_(for|until)|SleepFor", ALL, r"^runtime/"),
    ("unseeded randomness", r"\bs?rand\s*\(|random_device|\b[del]rand48|absl::BitGen\b", ALL, None),
    ("std::regex", r"\bstd::regex|#include\s*<regex>", ALL, None),
    ("a thread", r"std::(jthread|thread|async)\b|pthread_create", ALL,
     r"^(runtime|log|cli)/|^tests/(runtime|log|cli)/"),
    ("a lock that is not base/mutex.h's", r"std::(recursive_|shared_)?mutex|absl::Mutex\b"
     r"|condition_variable|absl::(Notification|BlockingCounter)\b", ALL, r"^base/mutex\.h$"),
    ("a lock", r"\bMutexLock\b|\bCondVar\b", PURE, r"^base/mutex\.h$"),
    ("printing", r"\b(f|v|vf)?printf\s*\(|\bf?puts\s*\(|std::(cout|cerr|clog)|<iostream>", PURE,
     None),
    ("a file", r"std::(i|o)?fstream|std::filesystem|\bfopen\s*\(", PURE,
     r"^rules/catalog/load\.cc$|^base/calendar\.cc$"),
    ("the environment", r"\bgetenv\b|\bsetenv\b", NOT_TESTS,
     r"^(runtime|cli)/|^base/(mutant|calendar)\.cc$"),
    ("an exception", r"\bthrow\b|\bcatch\s*\(|\btry\s*\{", NOT_TESTS,
     r"^rules/catalog/yaml\w*\.cc$|^cli/main\.cc$"),
]


class Tree:
    """The project's own files: tracked, or new and not ignored."""

    def __init__(self, root, files=None):
        self.root = Path(root)
        self.files = sorted(files if files is not None else self._listed())
        self._texts = {}

    def _listed(self):
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.root, capture_output=True)
        if listing.returncode == 0:
            names = [n for n in listing.stdout.decode().split("\0") if n]
        else:  # an exported copy without git
            names = [str(p.relative_to(self.root)) for p in self.root.rglob("*")]
        return [n for n in names if (self.root / n).is_file()
                and not n.startswith(("build/", "out/", ".git/")) and "__pycache__" not in n]

    def text(self, name):
        if name not in self._texts:
            self._texts[name] = (self.root / name).read_bytes().decode("utf-8", "replace")
        return self._texts[name]

    def sources(self):
        return [n for n in self.files if n.endswith((".h", ".cc"))]


def room_table(tree):
    """{room: (rooms it may use, packages it may use)}, in the order of CMakeLists.txt."""
    table = {}
    for body in re.findall(r"^\s*add_room\(([^)]*)\)", tree.text("CMakeLists.txt"), re.M):
        words = re.sub(r"#.*", "", body).split()
        uses = words[words.index("USES") + 1:words.index("LIBS")]
        table[words[0]] = (set(uses), set(words[words.index("LIBS") + 1:]))
    return table


def room_of(name):
    return name.rsplit("/", 1)[0] if "/" in name else ""


def code_of(text):
    """The text without comments and string literals, lines kept."""
    def blank(match):
        return "\n" * match.group(0).count("\n") + ('""' if match.group(0)[0] == '"' else " ")
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def check_includes(tree):
    table = room_table(tree)
    for name in tree.sources():
        for number, line in enumerate(tree.text(name).split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*(?:"([^"]*)"|<([^>]*)>)', line)
            if match:
                fault = _include_fault(tree, table, name, match.group(1), match.group(2))
                if fault:
                    yield f"{name}:{number}: {fault}"


def _include_fault(tree, table, name, quoted, angled):
    room, outside = room_of(name), name.startswith(OUTSIDE_ROOMS)
    if room not in table and not outside:
        return f"{room or 'the root'} is no room of CMakeLists.txt"
    header = quoted or angled
    for prefix, package in PACKAGES:
        if header.startswith(prefix):
            allowed = outside or package in table[room][1]
            return None if allowed else f"room {room} may not include <{header}>: {package}"
    if header.startswith(("gtest/", "gmock/")):
        return None if outside else f"<{header}> outside tests"
    if header.startswith(EVERYWHERE):
        return None
    if quoted is not None:
        used, source = room_of(quoted), quoted
        if quoted.endswith(".pb.h"):
            used, source = MESSAGES_ROOM, f"{MESSAGES_ROOM}/{quoted[:-len('.pb.h')]}.proto"
        if source not in tree.files:
            return f'no file "{quoted}"; includes are named from the root'
        if not outside and used != room and used not in table[room][0]:
            return f'room {room} may not include "{quoted}": {used} is not among its USES'
        return None
    posix = outside or room in POSIX_ROOMS or name in POSIX_FILES
    if re.match(r"[a-z_]+$", angled) or (posix and POSIX_HEADERS.match(angled)):
        return None
    return f"room {room} may not include <{angled}>"


def check_names(tree):
    for name in tree.sources():
        code = code_of(tree.text(name))
        for what, pattern, where, exceptions in BANNED:
            if where.search(name) and not (exceptions and re.search(exceptions, name)):
                for match in re.finditer(pattern, code):
                    yield f"{name}:{line_at(code, match.start())}: {what}: {match.group(0).strip()}"


def check_shape(tree):
    for name in tree.sources():
        text = tree.text(name)
        lines = text.count("\n")
        limit = H_LINES_MAX if name.endswith(".h") else CC_LINES_MAX
        if lines > limit and name not in LONG_FILES:
            yield f"{name}:{lines}: more than {limit} lines"
        if name.endswith(".h") and "\n#pragma once\n" not in "\n" + text:
            yield f"{name}:1: no #pragma once"
        if not text.startswith("//") and name.endswith(".h"):
            yield f"{name}:1: a header begins with what it is for"


def check_tests_are_built(tree):
    rooms = room_table(tree)
    for name in tree.files:
        if re.fullmatch(r"tests/.*_test\.cc", name):
            room = room_of(name)[len("tests/"):]
            if room not in rooms:
                yield f"{name}:1: tests/{room} is no room's folder, so nobody builds it"
        if re.fullmatch(r"tests/fuzz/\w+_fuzz\.cc", name):
            corpus = f"tests/fuzz/corpus/{Path(name).stem[:-len('_fuzz')]}/"
            if not any(f.startswith(corpus) for f in tree.files):
                yield f"{name}:1: no corpus in {corpus}"


def check_words(tree):
    unfinished = re.compile("TO" + "DO|FIX" + "ME")
    machine = re.compile(r"(?<![\w.])/(work|farm|root|home)/\w|/tmp/b-")
    shared = re.compile(r"\.\./shar" + "ed")
    for name in tree.files:
        if name.startswith(("tests/tidy/", "tests/fuzz/corpus/")):
            continue
        for number, line in enumerate(tree.text(name).split("\n"), 1):
            if unfinished.search(line):
                yield f"{name}:{number}: unfinished: {line.strip()[:60]}"
            if machine.search(line):
                yield f"{name}:{number}: a path of one machine: {line.strip()[:60]}"
            if shared.search(line) and not name.startswith(("tests/", "bench/", ".ci/")):
                yield f"{name}:{number}: only tests may read outside the project"


def _anchors(markdown):
    """The anchors of a page's headings, as a forge makes them."""
    text = re.sub(r"^```.*?^```", "", markdown, flags=re.S | re.M)
    for heading in re.findall(r"^#+ +(.*)$", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def check_links(tree):
    known = set(tree.files)
    folders = {str(p) for f in known for p in Path(f).parents}
    for name in tree.files:
        text = "" if name.startswith("tests/tidy/") else tree.text(name)
        if name.endswith(".md"):
            links = [(m.start(), str(Path(name).parent), m.group(1))
                     for m in re.finditer(r"\]\((?!\w+:)([^)\s]*)\)", text)]
        elif name.endswith((".h", ".cc", ".py", ".cmake", ".yaml", ".proto")):
            links = [(m.start(), ".", m.group(0))
                     for m in re.finditer(r"\bdocs/[\w/]+\.md(#[\w-]+)?", text)]
        else:
            continue
        for position, folder, link in links:
            path, _, anchor = link.partition("#")
            target = _normal(f"{folder}/{path}") if path else name
            where = f"{name}:{line_at(text, position)}"
            if target not in known and target not in folders:
                yield f"{where}: no such file: {link}"
            elif anchor and target.endswith(".md") and anchor not in _anchors(tree.text(target)):
                yield f"{where}: no such heading: {link}"


def _normal(path):
    parts = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


CHECKS = [check_includes, check_names, check_shape, check_tests_are_built, check_words, check_links]
