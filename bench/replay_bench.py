#!/usr/bin/env python3
"""The main job end to end: made-up events of many customers, in order, from a file to written records
and digests; without a state, and with one that survives: log, store and compaction included. Prints
`name value unit`, medians of --runs runs, taken in turn, so that what else the machine does meanwhile
meets all of them alike.

    python3 bench/replay_bench.py build/release/parcours [--events N] [--customers N] [--runs N]
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile

MIB = 1 << 20


class Bench:
    def __init__(self, parcours, folder):
        self.parcours, self.folder = parcours, folder
        self.history = os.path.join(folder, "history.ndjson")

    def generate(self, events, customers):
        subprocess.run([self.parcours, "generate", "--events", str(events), "--customers",
                        str(customers), "--output", self.history], check=True)

    def replay(self, cores, *words, state=False):
        out, kept = os.path.join(self.folder, "out"), os.path.join(self.folder, "state")
        for left in (out, kept):
            shutil.rmtree(left, ignore_errors=True)
        command = ["taskset", "-c", cores, self.parcours, "replay", "--definitions", "config",
                   "--input", self.history, "--order", "sorted", "--format", "json", "--out", out,
                   *words, *(["--state", kept] if state else [])]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)


def rate(runs):
    return statistics.median(run["run"]["events_per_second"] for run in runs)


def per_event(run, name):
    return run["run"][name] / run["counters"]["events"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parcours")
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="parcours-bench-")
    try:
        bench = Bench(options.parcours, folder)
        bench.generate(options.events, options.customers)
        print(f"replay_line {os.path.getsize(bench.history) / options.events:.0f} bytes")
        first = bench.replay("0")
        # What the process needs beside customers is about a third of its bound (processor/replay.cc).
        third = int((0.3 * first["run"]["customers_bytes"] + 32 * MIB) / 0.69)
        modes = {
            "sorted": ("0", [], False),
            "state": ("0", [], True),
            "state_third": ("0", ["--memory", str(third)], True),
            "one_lane": ("0", ["--shards", "16"], True),
            "two_lanes": ("0,1", ["--shards", "16", "--lanes", "2"], True),
        }
        runs = {name: [] for name in modes}
        for _ in range(options.runs):
            for name, (cores, words, state) in modes.items():
                runs[name].append(bench.replay(cores, *words, state=state))
        digests = {json.dumps(run["digests"]) for all_of in runs.values() for run in all_of}
        if len(digests) != 1:
            raise SystemExit("the runs' digests differ: the figures do not count")
        for name, all_of in runs.items():
            last = all_of[-1]
            print(f"replay_{name} {rate(all_of):.0f} events/s")
            print(f"replay_{name}_peak_memory {last['run']['peak_memory_bytes'] / MIB:.0f} MiB")
            if name == "sorted":
                continue
            for what in ("changelog_bytes", "store_bytes", "written_bytes"):
                print(f"replay_{name}_{what} {per_event(last, what):.1f} per_event")
            put = last["run"]["changelog_bytes"] + last["run"]["store_bytes"]
            print(f"replay_{name}_write_amplification {last['run']['written_bytes'] / put:.2f} ratio")
        print(f"replay_state_third_bound {third / MIB:.0f} MiB")
        print(f"replay_state_third_loads {per_event(runs['state_third'][-1], 'store_loads'):.3f} "
              "per_event")
        print(f"replay_two_lanes_gain {rate(runs['two_lanes']) / rate(runs['one_lane']):.2f} times")
        counters = first["counters"]
        print(f"replay_customer {first['run']['customers_bytes'] / counters['customers']:.0f} bytes")
        for name in ("transitions", "dues_fired", "idle_wakeups", "early_pops", "evaluations"):
            print(f"replay_{name} {counters[name] / counters['events']:.3f} per_event")
        # Five times the customers within the bound that a third of the fewer fits in.
        bench.generate(options.events, 5 * options.customers)
        many = bench.replay("0", "--memory", str(third), state=True)
        print(f"replay_five_times_customers {many['run']['events_per_second']:.0f} events/s")
        print(f"replay_five_times_customers_peak_memory "
              f"{many['run']['peak_memory_bytes'] / MIB:.0f} MiB")
    finally:
        shutil.rmtree(folder)


main()
