#!/usr/bin/env python3
"""The main job end to end: 5 million made-up events of 1 million customers, in order, from a file to
written records and digests, on one core. Prints `name value unit`, medians of five runs.

    python3 bench/replay_bench.py build/release/parcours [--events N] [--customers N]
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parcours")
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="parcours-bench-")
    try:
        history = os.path.join(folder, "history.ndjson")
        subprocess.run([options.parcours, "generate", "--events", str(options.events), "--customers",
                        str(options.customers), "--output", history], check=True)
        print(f"replay_line {os.path.getsize(history) / options.events:.0f} bytes")
        command = ["taskset", "-c", "0", options.parcours, "replay", "--definitions", "config",
                   "--input", history, "--order", "sorted", "--format", "json",
                   "--out", os.path.join(folder, "out")]
        runs = []
        for _ in range(options.runs):
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            runs.append(json.loads(done.stdout))
        if len({json.dumps(run["digests"]) for run in runs}) != 1:
            raise SystemExit("the runs' digests differ: the figures do not count")
        rate = statistics.median(run["run"]["events_per_second"] for run in runs)
        last = runs[-1]
        counters = last["counters"]
        print(f"replay_sorted {rate:.0f} events/s")
        print(f"replay_customer {last['run']['customers_bytes'] / counters['customers']:.0f} bytes")
        print(f"replay_peak_memory {last['run']['peak_memory_bytes'] / 2**20:.0f} MiB")
        for name in ("transitions", "dues_fired", "idle_wakeups", "early_pops", "evaluations"):
            print(f"replay_{name} {counters[name] / counters['events']:.3f} per_event")
    finally:
        shutil.rmtree(folder)


main()
