"""The house rules as a test: first each check must find a fault planted for it, then the tree none.

Usage: tidy_test.py [ROOT]
"""
import sys
import tempfile
from pathlib import Path

import rules

TABLE = """
add_room(base USES LIBS)
add_room(proto USES LIBS protobuf::libprotobuf)
add_room(rules/expr USES base LIBS)
add_room(rules/catalog USES base proto rules/expr LIBS PkgConfig::yaml)
add_room(log USES base LIBS ZLIB::ZLIB)
"""
HEAD = "// What it is for.\n#pragma once\n"

# (what, {file: text}, the start of the one fault it must give; None: it is clean)
PLANTED = [
    ("a room below", {"rules/expr/a.h": HEAD + '#include "base/time.h"\n'}, None),
    ("a room above", {"base/a.cc": '#include "rules/expr/x.h"\n', "rules/expr/x.h": HEAD},
     "base/a.cc:1: room base may not include"),
    ("a room beside", {"log/a.cc": '\n#include "rules/expr/x.h"\n', "rules/expr/x.h": HEAD},
     "log/a.cc:2: room log may not include"),
    ("no such header", {"base/a.cc": '#include "time.h"\n'}, 'base/a.cc:1: no file "time.h"'),
    ("not a room", {"misc/a.cc": "#include <string>\n"}, "misc/a.cc:1: misc is no room"),
    ("messages", {"rules/catalog/a.cc": '#include "x/v1/a.pb.h"\n', "proto/x/v1/a.proto": ""}, None),
    ("messages elsewhere", {"log/a.cc": '#include "x/v1/a.pb.h"\n', "proto/x/v1/a.proto": ""},
     'log/a.cc:1: room log may not include "x/v1/a.pb.h": proto is not'),
    ("no such messages", {"rules/catalog/a.cc": '#include "x/v1/a.pb.h"\n'},
     'rules/catalog/a.cc:1: no file "x/v1/a.pb.h"'),
    ("protobuf itself", {"log/a.cc": "#include <google/protobuf/message.h>\n"},
     "log/a.cc:1: room log may not include <google/protobuf/message.h>"),
    ("yaml at home", {"rules/catalog/a.cc": "#include <yaml-cpp/yaml.h>\n"}, None),
    ("yaml elsewhere", {"log/a.cc": "#include <yaml-cpp/yaml.h>\n"},
     "log/a.cc:1: room log may not include <yaml-cpp/yaml.h>"),
    ("zlib in base", {"base/a.cc": "#include <zlib.h>\n"}, "base/a.cc:1: room base may not"),
    ("POSIX in a pure room", {"base/a.cc": "#include <unistd.h>\n"}, "base/a.cc:1: room base may"),
    ("POSIX in log", {"log/a.cc": "#include <sys/stat.h>\n"}, None),
    ("gtest in a room", {"base/a.cc": "#include <gtest/gtest.h>\n"}, "base/a.cc:1: <gtest/gtest"),
    ("Now", {"base/a.cc": "auto t = absl::Now();\n"}, "base/a.cc:1: a real clock: absl::Now"),
    ("time(nullptr)", {"log/a.cc": "auto t = time(nullptr);\n"}, "log/a.cc:1: a real clock"),
    ("a clock in the bench", {"bench/a.cc": "std::chrono::steady_clock::now();\n"}, None),
    ("a clock in a comment", {"base/a.cc": "// never absl::Now()\n"}, None),
    ("a clock in a text", {"base/a.cc": 'auto s = "absl::Now";\n'}, None),
    ("sleep", {"tests/base/a_test.cc": "sleep(1);\n"}, "tests/base/a_test.cc:1: sleeping"),
    ("rand", {"log/a.cc": "int r = rand();\n"}, "log/a.cc:1: unseeded randomness"),
    ("regex", {"log/a.cc": "std::regex r;\n"}, "log/a.cc:1: std::regex"),
    ("a thread", {"rules/expr/a.cc": "std::thread t;\n"}, "rules/expr/a.cc:1: a thread"),
    ("a thread in log", {"log/a.cc": "std::thread t;\n"}, None),
    ("a lock", {"rules/expr/a.cc": "\n\nMutexLock lock(&mu);\n"}, "rules/expr/a.cc:3: a lock"),
    ("a lock unseen by the sanitizer", {"log/a.cc": "absl::Mutex mu;\n"},
     "log/a.cc:1: a lock that is not base/mutex.h's"),
    ("printf", {"base/a.cc": 'printf("x");\n'}, "base/a.cc:1: printing: printf("),
    ("snprintf", {"base/a.cc": 'snprintf(b, 3, "x");\n'}, None),
    ("a file", {"rules/catalog/a.cc": "std::ifstream f;\n"}, "rules/catalog/a.cc:1: a file"),
    ("the loader's file", {"rules/catalog/load.cc": "std::ifstream f;\n"}, None),
    ("getenv", {"log/a.cc": 'getenv("X");\n'}, "log/a.cc:1: the environment"),
    ("throw", {"log/a.cc": "throw 1;\n"}, "log/a.cc:1: an exception: throw"),
    ("no pragma", {"base/a.h": "// What.\nint a;\n"}, "base/a.h:1: no #pragma once"),
    ("no purpose", {"base/a.h": "#pragma once\n"}, "base/a.h:1: a header begins"),
    ("a long header", {"base/a.h": HEAD + "\n" * 299}, "base/a.h:301: more than 300 lines"),
    ("a header of 300", {"base/a.h": HEAD + "\n" * 298}, None),
    ("a long source", {"base/a.cc": "\n" * 601}, "base/a.cc:601: more than 600 lines"),
    ("a test nobody builds", {"tests/bass/a_test.cc": ""}, "tests/bass/a_test.cc:1: tests/bass is"),
    ("a fuzzer without corpus", {"tests/fuzz/a_fuzz.cc": ""}, "tests/fuzz/a_fuzz.cc:1: no corpus"),
    ("unfinished", {"base/a.cc": "// TO" + "DO later\n"}, "base/a.cc:1: unfinished"),
    ("a machine's path", {"dev": "cd /wo" + "rk/main\n"}, "dev:1: a path of one machine"),
    ("outside data", {"README.md": "../shar" + "ed/data\n"}, "README.md:1: only tests may read"),
    ("a dead link", {"README.md": "[a](docs/none.md)\n"}, "README.md:1: no such file: docs/none"),
    ("a link", {"README.md": "[a](base/time.h)\n"}, None),
    ("a dead heading", {"docs/a.md": "# One\n[x](#two)\n"}, "docs/a.md:2: no such heading: #two"),
    ("a heading", {"docs/a.md": "# One, two\n[x](#one-two)\n"}, None),
    ("a dead link in a header", {"base/a.h": HEAD + "// docs/none.md#x\n"},
     "base/a.h:3: no such file: docs/none.md#x"),
]


def faults_of(tree):
    return [fault for check in rules.CHECKS for fault in check(tree)]


def self_test():
    failures = []
    for what, files, expected in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            files = {"CMakeLists.txt": TABLE, "base/time.h": HEAD, **files}
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            found = faults_of(rules.Tree(folder, files))
        right = len(found) == 1 and found[0].startswith(expected) if expected else not found
        if not right:
            failures.append(f"self-test '{what}': expected {expected}, found {found}")
    return failures


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent.parent)
    tree = rules.Tree(root)
    faults = self_test() + faults_of(tree)
    print("\n".join(faults))
    print(f"{len(PLANTED)} planted faults, {len(tree.files)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
