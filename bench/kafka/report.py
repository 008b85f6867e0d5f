"""Results: figures with their checks; on standard output and in a file."""

import datetime
import json
import re

import machine
from broker import ROOT
from kafka import VERSIONS

RESULTS = ROOT / "bench/results"
OTHERS_MAX = 0.10  # of the machine's CPU, while something is measured
YARDSTICK_DRIFT = 0.15


class Result:
    """What one case found. `doubt`: the figures do not count; `fault`: something is wrong."""

    def __init__(self, name):
        self.name = name
        self.figures, self.facts = {}, {}
        self.doubts, self.faults = [], []

    def figure(self, name, value, unit):
        self.figures[name] = {"value": round(float(value), 4), "unit": unit}

    def value(self, name):
        return self.figures[name]["value"]

    @property
    def why(self):
        """Why it does not count; empty: it does."""
        return self.faults + self.doubts

    def doubt(self, sentence):
        self.doubts.append(sentence)

    def fault(self, sentence):
        self.faults.append(sentence)

    def others(self, share):
        """What else the machine did while it was measured."""
        self.figure("others_cpu_share", share, "share")
        if share > OTHERS_MAX:
            self.doubt(f"others used {share:.0%} of the machine's CPU")

    def yardsticks(self, before, after):
        if before is None or after is None:
            return
        self.figure("yardstick_before", before, "ns")
        self.figure("yardstick_after", after, "ns")
        if abs(after / before - 1) > YARDSTICK_DRIFT:
            self.doubt(f"the machine's own pace changed: {before:.0f} ns, then {after:.0f} ns")

    def print(self):
        for name, figure in self.figures.items():
            print(f"{self.name}_{name} {figure['value']:g} {figure['unit']}")
        for sentence in self.faults:
            print(f"{self.name}: WRONG: {sentence}")
        for sentence in self.doubts:
            print(f"{self.name}: does not count: {sentence}")
        print(end="", flush=True)

    def as_json(self):
        return {
            "case": self.name,
            "counts": not self.why,
            **({"why": self.why} if self.why else {}),
            "figures": self.figures,
            **self.facts,
        }


def versions(rig):
    return {
        "parcours": rig.run([rig.parcours, "version"]).strip(),
        **rig.build_info,
        "kafka": VERSIONS[0],
        "java": machine.java_version(),
    }


def write(rig, case_set, results):
    """bench/results/DATE-SET.json, the one place where figures are kept; gives its path."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    name = re.sub(r"[^\w-]", "_", case_set)
    path = RESULTS / f"{now:%Y-%m-%d-%H%M%S}-{name}.json"
    options = rig.options
    document = {
        "at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "machine": machine.about(),
        "versions": versions(rig),
        "settings": {
            "seed": options.seed,
            "skew": options.zipf,
            "quick": options.quick,
            "minutes": options.minutes,
        },
        "results": [result.as_json() for result in results],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(f"written {path.relative_to(ROOT)}")
    return path
