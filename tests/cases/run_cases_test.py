"""The runner of the text cases notices what differs, and every case file reads without a mistake.

Usage: run_cases_test.py
"""
import json
import sys
import tempfile
from pathlib import Path

import case_file
import run_cases

# Stands for `parcours`: writes what a replay could have written, whatever it is given.
PROGRAM = """#!{python}
import json, pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
out.mkdir()
for name, lines in {records!r}.items():
    (out / (name + ".ndjson")).write_text("".join(json.dumps(l) + "\\n" for l in lines))
print(json.dumps({summary!r}))
"""
EVENT, TIME = {"event": {"source": "shop", "id": "e1"}}, {"time": "2026-05-30T10:00:00.001Z"}
RECORDS = {
    "transitions": [
        {"customer": "boris", "number": 1, "segmentation": "life", "from": None, "to": "new",
         "at": "2026-03-01T10:00:00.000Z", "cause": EVENT, "late": True, "id": "0"},
        {"customer": "anna", "number": 2, "segmentation": "life", "from": "new", "to": None,
         "at": "2026-05-30T10:00:00.001Z", "cause": TIME, "late": False, "id": "0"},
        {"customer": "anna", "number": 1, "segmentation": "life", "from": None, "to": "new",
         "at": "2026-03-01T10:00:00.000Z", "cause": EVENT, "late": False, "id": "0"}],
    "decisions": [{"customer": "anna", "number": 1, "journey": "j", "step": "2", "occurrence": 2,
                   "decision": "exited", "at": "2026-05-30T10:00:00.000Z", "cause": TIME}],
    "actions": [],
    "rejected": [{"file": "f", "line": 3, "reason": "amount", "detail": ""}],
    "customers": [{"customer": "anna", "attributes": {"language": "fr"},
                   "features": {"orders": 1, "spend": 12.3, "last": None},
                   "segments": {"life": {"segment": "new", "since": "2026-03-01T10:00:00.000Z"}},
                   "journeys": {}, "counters": {}}],
}
SUMMARY = {"members": {"life": {"new": 1, "old": 0}}, "counters": {"late": 1}, "digests": {},
           "journeys": {"j": {"entered": 2, "sent": 1}}, "transitions": {}}
HEAD = "# A title.\ndefinitions:\na: b\n---\n"
EVENTS = "events:\n2026-03-01T10:00:00Z anna order_completed {\"total\": 12.30}\n"
A1 = "2026-03-01T10:00:00Z  anna  life  none -> new  (event e1)\n"
A2 = "2026-05-30T10:00:00.001Z  anna  life  new -> none  (time)\n"
B1 = "2026-03-01T10:00:00Z  boris  life  none -> new  (event e1, late)\n"

# (the case after its events, whether it holds)
CASES = [
    ("transitions:\n" + B1 + A1 + A2, True),
    ("transitions:\n" + A1 + B1 + A2, True),
    ("transitions:\n" + B1 + A2 + A1, False),
    ("transitions:\n" + B1 + A1, False),
    ("transitions:\n" + B1 + A1 + A2 + A2, False),
    ("transitions:\n" + B1.replace(", late", "") + A1 + A2, False),
    ("transitions:\n" + B1 + A1.replace("e1", "e2") + A2, False),
    ("transitions:\n" + B1 + A1.replace(":00Z", ":00.001Z") + A2, False),
    ("transitions: none\n", False),
    ("actions:\n", True),
    ("actions:\n2026-03-01T10:00:00Z anna j 2 email t\n", False),
    ("decisions:\n2026-05-30T10:00:00Z anna j 2 exited (time 2026-05-30T10:00:00.001Z) "
     "occurrence 2\n", True),
    ("decisions:\n2026-05-30T10:00:00Z anna j 2 exited (time) occurrence 2\n", False),
    ("rejected: line 3 amount\n", True),
    ("rejected: line 4 amount\n", False),
    ("members: life new 1\n", True),
    ("members: life new 1 old 2\n", False),
    ("members: life\n", False),
    ("journeys: j entered 2\n", True),
    ("journeys: j entered 1\n", False),
    ("journeys: k entered 1\n", False),
    ("counters: late 1\n", True),
    ("counters: late 0\n", False),
    ("features:\nanna orders 1\nanna spend 12.30\nanna last absent\n", True),
    ("features: anna spend 12.31\n", False),
    ("features: anna last 3\n", False),
    ("features: boris orders 1\n", False),
    ("attributes: anna language fr\n", True),
    ("attributes: anna language en\n", False),
    ("segments: anna life new since 2026-03-01T10:00:00Z\n", True),
    ("segments: anna life new since 2026-03-01T10:00:01Z\n", False),
    ("segments: anna life old\n", False),
]
MISTAKES = ["transition:\n" + A1, "nonsense\n", "events:\nsome words\n", "events: all\n",
            "events:\n2026-03-01T10:00:00Z anna a {} colour=red\n"]


def main():
    failures = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program, case = folder / "parcours", folder / "case.txt"
        program.write_text(PROGRAM.format(python=sys.executable, records=RECORDS, summary=SUMMARY))
        program.chmod(0o755)
        for i, (text, holds) in enumerate(CASES):
            case.write_text(HEAD + EVENTS + text)
            fault = run_cases.faults_of(program, case_file.parse(case)[0], folder / str(i))
            if holds != (fault == ""):
                failures.append(f"{text}: expected {'no ' if holds else 'a '}difference: {fault}")
        for text in MISTAKES:
            case.write_text(HEAD + EVENTS + text)
            try:
                case_file.parse(case)
                failures.append(f"no mistake was seen in: {text}")
            except case_file.Mistake:
                pass
    event = json.loads(case_file.event_line('2026-03-01T10:00:00Z a b {"x": [1, 2]} id=i', 1))
    if (event["id"], event["source"], event["data"]) != ("i", "shop", {"x": [1, 2]}):
        failures.append(f"an event was read as {event}")
    files = sorted(run_cases.HERE.glob("*.txt"))
    count = sum(len(case_file.parse(path)) for path in files)
    print("\n".join(failures))
    print(f"{len(CASES) + len(MISTAKES)} planted, {count} cases in {len(files)} files read")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
