"""A set of definitions as plain data (what YAML holds), compiled for the oracle."""

import cel
import features
import zones

DECIMALS = {"JPY": 0, "KRW": 0, "ISK": 0, "KWD": 3, "TND": 3, "BHD": 3}


def expression(text):
    """YAML may have read `true` or `1` as something else than text."""
    return {True: "true", False: "false"}.get(text, text) if isinstance(text, bool) else str(text)


class Rule:
    """One expression about a customer: its tree and its function."""

    def __init__(self, text):
        self.tree = cel.parse(expression(text))
        self.function = cel.compile_tree(self.tree)


class Journey:
    def __init__(self, name, spec):
        self.name = name
        enter = spec["enter"]
        self.event = enter.get("event")
        self.transition = enter.get("transition")
        self.when = Rule(enter["when"]) if "when" in enter else None
        self.always = spec.get("reentry") == "always"
        self.exit_when = Rule(spec["exit_when"]) if "exit_when" in spec else None
        self.goal = Rule(spec["goal"]["when"]) if "goal" in spec else None
        self.within = features.parse_length(spec["goal"]["within"]) if self.goal else 0
        self.from_send = self.goal is not None and spec["goal"].get("from") == "send"
        self.steps = [Step(step, position) for position, step in enumerate(spec["steps"], 1)]

    def rules(self):
        found = [self.when, self.exit_when, self.goal] + [step.until for step in self.steps]
        return [rule for rule in found if rule]


class Step:
    def __init__(self, spec, position):
        self.name = str(spec.get("name", position))
        self.send = spec.get("send")
        wait = spec.get("wait")
        self.until = Rule(wait["until"]) if isinstance(wait, dict) else None
        self.length = features.parse_length(wait) if isinstance(wait, str) else None
        self.kind = "send" if self.send else "wait"


class Definitions:
    def __init__(self, data):
        programme = data.get("programme", {})
        self.currency = programme.get("currency")
        self.decimals = int(programme.get("decimals", DECIMALS.get(self.currency, 2)))
        self.zone = zones.Zone.get(programme.get("time_zone", "UTC"))
        self.fields = {
            name: [
                self._field(field, spec)
                for field, spec in ((event or {}).get("fields") or {}).items()
            ]
            for name, event in data.get("events", {}).items()
        }
        self.attributes = {}
        for name, spec in data.get("attributes", {}).items():
            spec = spec if isinstance(spec, dict) else {"type": spec}
            if not spec.get("contact"):
                self.attributes[name] = (
                    spec["type"],
                    spec.get("trait", name),
                    spec.get("scale", 0),
                )
        self.feature_types = {}
        self.features = {}
        for name, spec in data.get("features", {}).items():
            self.feature_types[name] = self._feature_type(spec)
            self.features[name] = features.Feature(name, spec, self)
        self.segmentations = {
            name: {segment: Rule(text) for segment, text in spec["segments"].items()}
            for name, spec in data.get("segmentations", {}).items()
        }
        self.unpublished = {
            name
            for name, spec in data.get("segmentations", {}).items()
            if spec.get("publish", "true") in (False, "false")
        }
        self.journeys = [
            Journey(name, spec) for name, spec in sorted(data.get("journeys", {}).items())
        ]

        self.used = self._used(data)

    def _used(self, data):
        """The features that are computed: those that something reads, or that are kept."""
        read = [rule.tree for rule in self.rules()]
        found = {
            name
            for name, spec in data.get("features", {}).items()
            if spec.get("keep") in (True, "true")
        }
        read += [self.features[name].derived for name in found if self.features[name].derived]
        while read:
            for node in cel.walk(read.pop()):
                if node[0] != "name" or node[1] in found or node[1] not in self.features:
                    continue
                found.add(node[1])
                if self.features[node[1]].derived:
                    read.append(self.features[node[1]].derived)
        return found

    @staticmethod
    def _field(name, spec):
        spec = spec if isinstance(spec, dict) else {"type": spec}
        return name, spec["type"], int(spec.get("scale", 0))

    def _feature_type(self, spec):
        """The type of what is aggregated, where the oracle needs it: sums of nothing."""
        if "value" in spec or "of" not in spec:
            return "int"
        for field, kind, _ in self.fields[spec["on"]]:
            if f"event.{field}" == spec["of"]:
                return kind
        return "money" if "price" in spec["of"] else "int"

    def rules(self):
        """Every expression about a customer."""
        found = [rule for segments in self.segmentations.values() for rule in segments.values()]
        for journey in self.journeys:
            found += journey.rules()
        return found
