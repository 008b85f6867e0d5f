"""The cases, each a function from a rig with a fresh broker to results."""

import statistics
import time

from catch_up import CatchUp
from paced import PARTITIONS, Paced
from peer import measure_peer
from rig import Failed

KEPT_SHARE = 0.3  # of the customers, in `cached_30`
CUSTOMER_BYTES = 1050  # about, in memory, with the shop's definitions
MIB = 1 << 20
LAPSING_MS = 20 * 60_000 + 1  # after an order (bench/shop: lapsing)
FLAT_GROWTH = 0.05


def catch_up_light(rig):
    return [CatchUp(rig, "catch_up_light", "light").run().result]


def catch_up_heavy(rig):
    return [CatchUp(rig, "catch_up_heavy", "heavy").run().result]


def one_lane(rig):
    return [CatchUp(rig, "one_lane", "light", lanes=1).run().result]


def lane_memory(memory, lanes):
    """Of `memory`, what its lanes keep customers in (cli/live_process.cc), all in bytes."""
    store = min(max(memory // 8, 16 * MIB), 512 * MIB)
    commit = min(max(memory // 64 // lanes, 2 * MIB), 32 * MIB)
    queue = min(max(memory // 32 // lanes, 8 * MIB), 64 * MIB)
    taken = 128 * MIB + memory // 16 + store + lanes * (64 * MIB + 2 * queue + 3 * commit)
    return max(memory - min(memory, taken), memory // 4)


def cached_30(rig):
    wanted = KEPT_SHARE * CUSTOMER_BYTES * rig.options.customers
    memory = 256 * MIB
    while lane_memory(memory, 2) < wanted:
        memory += 16 * MIB
    run = CatchUp(rig, "cached_30", "light", memory=f"{memory // MIB}MB").run()
    if run.summary:
        kept = lane_memory(memory, 2) / run.summary["run"]["customers_bytes"]
        run.result.figure("kept", kept, "share")
        if not KEPT_SHARE * 0.7 < kept < KEPT_SHARE * 1.3:
            run.result.doubt(f"{kept:.0%} of the customers fit into memory: too few customers")
    return [run.result]


def customers_5m(rig):
    customers = rig.options.customers * 5
    return [CatchUp(rig, "customers_5m", "light", customers=customers).run().result]


def partitions_64(rig):
    """What four times the partitions cost, beside 16 in the same run."""
    few = CatchUp(rig, "partitions_16", "light").run().result
    many = CatchUp(rig, "partitions_64", "light", partitions=64).run().result
    if "cpu" in few.figures and "cpu" in many.figures:
        many.figure("cpu_to_16", many.value("cpu") / few.value("cpu"), "ratio")
    for sentence in few.why:
        many.doubt(f"of 16 partitions: {sentence}")
    return [few, many]


def paced(rate, partitions=PARTITIONS):
    def case(rig):
        many = "" if partitions == PARTITIONS else f"_{partitions}_partitions"
        run = Paced(rig, f"paced_{rate}{many}", partitions=partitions)
        run.start()
        found = run.pace(rate, *rig.options.paced)
        run.take_waits(found, "event")
        return [run.finish()]

    return case


def timers(rig):
    """A history that ends now: what it leaves to be done by time, beside new events."""
    options = rig.options
    per_second, history_seconds = 10_000, 1500
    if options.quick:
        per_second, history_seconds = 1000, 600
    run = Paced(rig, "timers")
    run.fill(history_seconds * per_second, per_second)
    run.start()
    seconds, warm_up = options.paced
    found = run.pace(per_second, seconds, warm_up)
    run.take_waits(found, "event")
    run.take_waits(found, "flip")
    run.result.figure("flip_rate", found["flip_rate"], "per_s")
    run.result.figure("early", found["early"], "records")
    return [run.finish()]


def dues_1m(rig):
    """A million customers who lapse at one instant, while events go on."""
    options = rig.options
    customers, rate, lead, after = 1_000_000, 10_000, 240, 60
    if options.quick:
        customers, rate, lead, after = 20_000, 1000, 40, 10
    run = Paced(rig, "dues_1m")
    instant = int(time.time() * 1000) + lead * 1000
    run.loader.mass(customers=customers, at=instant - LAPSING_MS)
    run.events = customers
    run.start()
    left = instant / 1000 - time.time()
    if left < 10:
        raise Failed(f"the orders were applied {-left:.0f} s too late for their instant")
    # The events' ids stand behind those of the orders, `m-N`.
    found = run.pace(rate, 5 + after, left - 5, instant=instant)
    run.take_waits(found, "event_meanwhile")
    run.result.figure("flips", found["instant_flips"], "records")
    run.result.figure("all_out", found["instant_out"], "s")
    run.result.figure("early", found["early"], "records")
    if found["instant_flips"] != customers:
        run.result.fault(f"{found['instant_flips']:.0f} of {customers} lapsed at the instant")
    return [run.finish()]


def restore(rig):
    """After a catch-up: started again; and started again on another machine, without its folder."""
    run = CatchUp(rig, "restore", "light").run()
    result, application = run.result, run.application
    for name in ("restart", "restore"):
        if name == "restore":
            application.forget()
        began = time.monotonic()
        result.figure(f"{name}_ready", application.start(), "s")
        application.settle(120)
        # `settle` has looked at two seconds of calm.
        result.figure(f"{name}_applied", time.monotonic() - began - 2, "s")
        result.figure(
            f"{name}_records", application.metrics().get("restore_records_total", 0), "records"
        )
        application.stop()
    return [result]


def memory(rig):
    """Whether what it holds grows with time, where its `memory` is soon full."""
    seconds, warm_up = rig.options.paced if rig.options.quick else (rig.options.memory_seconds, 60)
    run = Paced(rig, "memory", memory="1GB")
    run.start()
    every = 1 if rig.options.quick else 60
    held, began = [], time.monotonic()

    def look():
        if time.monotonic() - began >= len(held) * every:
            held.append(round(run.application.memory_mib(), 1))

    run.pace(1000 if rig.options.quick else 10_000, seconds, warm_up, look, timed=False)
    run.result.facts["rss_mib"] = held
    third = len(held) // 3
    if third:
        growth = statistics.median(held[-third:]) / statistics.median(held[third:-third]) - 1
        run.result.figure("growth", growth, "share")
        if growth > FLAT_GROWTH:
            run.result.doubt(f"memory grew by {growth:.1%} from the second third to the last")
    return [run.finish()]


def beside_peer(weight, held=False):
    """The catch-up, then the peer on the same broker over the very same events."""

    def case(rig):
        run = CatchUp(rig, f"catch_up_{weight}", weight).run()
        return [run.result, measure_peer(rig, run, weight, held)]

    return case


CASES = {
    "catch_up_light": catch_up_light,
    "catch_up_heavy": catch_up_heavy,
    "one_lane": one_lane,
    "cached_30": cached_30,
    "customers_5m": customers_5m,
    "paced_100": paced(100),
    "paced_1000": paced(1000),
    "paced_10000": paced(10_000),
    "paced_10000_16_partitions": paced(10_000, 16),
    "timers": timers,
    "dues_1m": dues_1m,
    "restore": restore,
    "partitions_64": partitions_64,
    "peer_light": beside_peer("light"),
    "peer_heavy": beside_peer("heavy"),
    "peer_light_held": beside_peer("light", held=True),
    "memory": memory,
}
LONG = ("memory",)  # only where they are asked for


def chosen(names, long):
    """The cases to run. A catch-up that the peer runs beside is not run twice."""
    if not names:
        names = [name for name in CASES if long or name not in LONG]
    beside = {f"catch_up_{name.split('_')[1]}" for name in names if name.startswith("peer")}
    return [name for name in names if name not in beside]
