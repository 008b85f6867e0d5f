"""The pure rooms call no clock, thread, lock, file, print or environment: asked of their archives.

What `nm` lists as undefined in a room's library is all that the room can reach by itself. One
source is excepted: the folder loader of rules/catalog may read files. First a planted archive must
be caught.

Usage: pure_test.py --build BUILD_FOLDER
"""
import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOMS = ["rules_expr", "rules_catalog", "state", "processor_engine", "processor_sources"]
C_NAMES = """time gettimeofday clock clock_gettime clock_nanosleep nanosleep sleep usleep localtime
localtime_r mktime pthread_create pthread_join pthread_mutex_lock pthread_mutex_unlock
pthread_cond_wait pthread_once open open64 openat read write pread pread64 pwrite pwrite64 fopen
fopen64 fread fwrite fputs puts putchar printf vprintf fprintf vfprintf __printf_chk
__fprintf_chk __vfprintf_chk getenv secure_getenv setenv rand srand random getrandom socket connect
stat stat64 opendir readdir mmap fork system""".split()
FILE_NAMES = {"open", "open64", "openat", "read", "fopen", "fopen64", "fread", "stat", "stat64",
              "opendir", "readdir"}
CPP_NAMES = re.compile(
    r"std::(__\w+::)*(cout|cerr|clog|cin|thread::|mutex|condition_variable|random_device"
    r"|chrono::.*::now|this_thread::)|absl::(\w+::)*(Now\(|Mutex::|SleepFor|GetCurrentTime)")
CPP_FILES = re.compile(r"std::(__\w+::)*(basic_[io]?fstream|basic_filebuf|filesystem::)")
READS_FILES = {("rules_catalog", "load.cc.o")}  # the one exception


def faults_of(archive, room):
    """["room/object: symbol"] for what the room must not call."""
    listing = subprocess.run(["nm", "-C", "--undefined-only", str(archive)], capture_output=True,
                             text=True, check=True).stdout
    faults, member = [], ""
    for line in listing.splitlines():
        if re.fullmatch(r"\S+\.o:", line):
            member = line[:-1]
        match = re.match(r"\s+U (.*)", line)
        if match:
            symbol = match.group(1)
            plain = re.sub(r"@.*", "", symbol)
            reads = plain in FILE_NAMES or bool(CPP_FILES.match(symbol))
            excepted = reads and (room, member) in READS_FILES
            if (plain in C_NAMES or CPP_NAMES.match(symbol) or reads) and not excepted:
                faults.append(f"{room}/{member}: {symbol}")
    return faults


PLANTED = """#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <mutex>
std::mutex planted_mutex;
long Planted(int which) {
  switch (which) {
    case 0: return time(nullptr);
    case 1: return std::chrono::steady_clock::now().time_since_epoch().count();
    case 2: return std::getenv("X") != nullptr;
    case 3: return std::printf("%d", which);
    case 4: std::cout << which; return 0;
    case 5: { std::ifstream file("x"); return file.good(); }
    case 6: planted_mutex.lock(); return 0;
    default: return std::fopen("x", "r") != nullptr;
  }
}
"""
CAUGHT = ["time", "steady_clock::now", "getenv", "printf", "cout", "basic_ifstream",
          "pthread_mutex_lock", "fopen"]


def self_test():
    compiler = shutil.which("c++") or shutil.which("clang++") or shutil.which("g++")
    with tempfile.TemporaryDirectory() as folder:
        source, planted, archive = (Path(folder, n) for n in ("load.cc", "load.cc.o", "a.a"))
        source.write_text(PLANTED)
        subprocess.run([compiler, "-std=c++20", "-c", source, "-o", planted], check=True)
        subprocess.run(["ar", "qc", archive, planted], check=True)
        found = "\n".join(faults_of(archive, "rules_expr"))
        excepted = "\n".join(faults_of(archive, "rules_catalog"))
    failures = [f"self-test: {name} was not caught" for name in CAUGHT if name not in found]
    if "fopen" in excepted or "time" not in excepted:
        failures.append("self-test: the exception of load.cc is files, and only files")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    build = Path(parser.parse_args().build)
    faults = self_test()
    for room in ROOMS:
        archive = build / f"lib{room}.a"
        faults += faults_of(archive, room) if archive.exists() else [f"{archive}: not built"]
    print("\n".join(faults) if faults else f"{len(ROOMS)} rooms are pure")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
