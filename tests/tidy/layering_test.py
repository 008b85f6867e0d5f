"""The build refuses a cycle between rooms: configuring fails, and says which room uses which.

Configures tiny projects that include cmake/rooms.cmake: a table in order, tables out of order, and
the real table of CMakeLists.txt with each room in turn moved before one that it uses.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
IN_ORDER = "add_room(a USES LIBS)\nadd_room(b/c USES a LIBS)\nadd_room(d USES a b/c LIBS)\n"
CYCLE = "add_room(a USES b LIBS)\nadd_room(b USES a LIBS)\n"


def configure(table):
    """Configures a project with that table; returns (exit code, output in one line)."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(planted LANGUAGES NONE)\n"
            f"include({ROOT}/cmake/rooms.cmake)\n{table}")
        done = subprocess.run(["cmake", "-G", "Ninja", "-S", folder, "-B", folder + "/build"],
                              capture_output=True, text=True)
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


def real_table():
    """[(room, rooms it uses)] of CMakeLists.txt."""
    text = (ROOT / "CMakeLists.txt").read_text()
    rows = []
    for body in re.findall(r"^\s*add_room\(([^)]*)\)", text, re.M):
        words = body.split()
        rows.append((words[0], words[words.index("USES") + 1:words.index("LIBS")]))
    return rows


def write(rows):
    return "".join(f"add_room({room} USES {' '.join(uses)} LIBS)\n" for room, uses in rows)


def main():
    failures = []

    def expect(what, table, refusal):
        code, output = configure(table)
        if (code != 0) != bool(refusal) or (refusal and refusal not in output):
            failures.append(f"{what}: expected {refusal or 'success'}, got {code}: {output[-400:]}")

    expect("rooms in order", IN_ORDER, None)
    expect("a cycle", CYCLE, "room a uses b, which is not defined before it")
    rows = real_table()
    expect("the table of CMakeLists.txt", write(rows), None)
    for i, (room, uses) in enumerate(rows):
        if uses:
            first = min(j for j, row in enumerate(rows) if row[0] in uses)
            moved = rows[:first] + [rows[i]] + rows[first:i] + rows[i + 1:]
            expect(f"{room} moved up", write(moved), f"room {room} uses {rows[first][0]}, which is")
    print("\n".join(failures) if failures else f"{len(rows)} rooms, no cycle can be written")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
