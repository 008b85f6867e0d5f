"""Where the time of one lane goes during a catch-up: functions by their own share, by thread."""

import collections
import shutil

from application import Application
from catch_up import END_SHARE, QUICK_WARM_SHARE
from loader import Loader
from rig import Failed, until

FREQUENCY = 499  # a second and CPU; no divisor of what else goes round
TOP = 40
THREADS = (("rdk", "rdkafka"), ("rocksdb", "rocksdb"))  # by how their names begin; else ours
EVENTS = 1_500_000
SECONDS = 600


def kind_of(thread):
    return next((kind for start, kind in THREADS if thread.startswith(start)), "parcours")


def record(application, filled, data):
    """Samples between warm-up and end; gives how many events were applied meanwhile."""
    consumed = lambda: application.metrics().get("events_consumed_total", 0)
    if not until(SECONDS, lambda: consumed() >= QUICK_WARM_SHARE * filled["records"]):
        raise Failed(f"parcours run applies nothing: {application.said()}")
    first = consumed()
    # No call graph: a release has no frame pointers, and to unwind would cost more than is seen.
    words = ["perf", "record", "-q", "-F", str(FREQUENCY), "-o", data, "-p"]
    perf = application.rig.start([*words, str(application.process.pid)], f"{data}.log")
    enough = until(SECONDS, lambda: consumed() >= END_SHARE * filled["records"])
    last = consumed()
    perf.terminate()
    perf.wait()
    if not enough:
        raise Failed("parcours run did not come to the end of its events")
    share = (filled["events"] + filled["duplicates"]) / filled["records"]  # the others are ticks
    return (last - first) * share


def samples(rig, data):
    """{(thread, function): samples}"""
    words = ["perf", "report", "-i", data, "--stdio", "-q", "-F", "sample,comm,dso,symbol"]
    words += ["--sort", "comm,dso,symbol", "-t", ";"]
    found = collections.Counter()
    for line in rig.run(words).splitlines():
        fields = [field.strip() for field in line.split(";", 3)]
        if len(fields) == 4 and fields[0].isdigit():
            symbol = fields[3].split("] ", 1)[-1]
            name = symbol if not symbol.startswith("0x") else fields[2]  # no symbols there
            found[kind_of(fields[1]), name] += int(fields[0])
    return found


def profile(rig):
    if shutil.which("perf") is None:
        raise Failed("there is no perf on this machine (linux-perf)")
    options = rig.options
    with rig.fresh_broker():
        application = Application(rig, "profile", "light", lanes=1)
        filled = Loader(rig, "profile").fill(
            events=EVENTS, customers=options.customers, zipf=options.zipf, seed=options.seed
        )
        application.start()
        data = rig.folder / "perf.data"
        events = record(application, filled, data)
        application.stop()
        found = samples(rig, data)
    show(found, events)
    return 0


def show(found, events):
    each = 1e6 / FREQUENCY / events  # microseconds an event that a sample stands for
    threads = collections.Counter()
    for (thread, _), count in found.items():
        threads[thread] += count
    total = sum(threads.values())
    print(f"profile_samples {total} samples")
    for thread, count in threads.most_common():
        print(f"profile_{thread} {count * each:.3f} us_per_event")
    for (thread, name), count in found.most_common(TOP):
        print(f"{count * each:8.3f} us {count / total:6.1%}  {thread:8}  {name[:110]}")
