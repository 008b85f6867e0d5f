"""Results: figures with their checks; on standard output and in a file."""

import datetime
import json
import re

import machine
from broker import ROOT
from kafka import VERSIONS

RESULTS = ROOT / "bench/results"
OTHERS_MAX = 0.10  # of the machine's CPU, while something is measured
SLOWED_MAX = 1.6  # by others on the same cores, whom the machine does not show
REFERENCE_NS = 145  # a machine's yardstick; what a time would be there


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

    def pace(self, found):
        """What machine.Pace found while it was measured."""
        if found is None:
            self.doubt("nobody knows the machine's own pace meanwhile")
            return
        mean, fast, slow = found
        self.figure("yardstick", mean, "ns")
        self.figure("yardstick_fast", fast, "ns")
        self.figure("yardstick_slow", slow, "ns")
        if mean > fast * SLOWED_MAX:
            self.doubt(f"others slowed the machine: {mean:.0f} ns, where {fast:.0f} ns is its pace")
        if "cpu" in self.figures:
            at_reference = self.value("cpu") * REFERENCE_NS / mean
            self.figure(f"cpu_at_{REFERENCE_NS}_ns", at_reference, self.figures["cpu"]["unit"])

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
