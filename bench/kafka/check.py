"""Whether what was published is what a replay of the same log publishes: else figures mean nothing."""

import json
import shutil

from rig import Failed

KINDS = ("transitions", "actions")


def check_replay(result, application, loader, until, events, duplicates):
    """Puts into `result` what differs. `until`: later lines do not count, they were on their way."""
    rig = application.rig
    out = rig.folder / "replayed"
    try:
        said = rig.run(
            [rig.parcours, "replay", "--brokers", rig.broker.brokers]
            + ["--application", application.name, "--definitions", application.definitions]
            + ["--out", out, "--format", "json"]
        )
        summary = json.loads(said)
        counters = summary["counters"]
        found = (counters["events"], counters["duplicates"], counters["rejected"])
        if found != (events, duplicates, 0):
            result.fault(
                f"{events:.0f} events and {duplicates:.0f} duplicates were sent, the log has "
                "%d, %d, and %d rejected" % found
            )
        for kind in KINDS:
            compare(
                result, loader, kind, f"{application.name}-{kind}", f"{out}/{kind}.ndjson", until
            )
        return summary
    except Failed as failed:
        result.fault(str(failed))
        return None
    finally:
        shutil.rmtree(out, ignore_errors=True)


def compare(result, loader, kind, left, right, until):
    """Puts into `result` what differs, and how many lines were compared."""
    differences, found = loader.differences(left, right, until)
    if differences:
        result.fault("; ".join(differences))
    elif kind == "transitions" and found["left"] == 0:
        result.fault(f"{left} is empty")
    else:
        result.figure(f"same_{kind}", found["left"], "records")
