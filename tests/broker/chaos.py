#!/usr/bin/env python3
"""Processes of `parcours run` on a real broker, killed, frozen and stopped, and the broker with
them, while orders come in; nothing may come of it. Of the killed, some lose their disk.

    chaos.py --parcours BIN [--kafka 4.4.0] [--kills 10] [--open-at-least 0] [--broker-kills 2]
             [--freezes 2] [--graceful 2] [--processes 3] [--shards 8] [--rate 150]
             [--customers 600] [--seconds-max 900] [--seed 1] [--folder DIR]

Faults overlap: while one process is away, the next is hit. What must come out is told by oracle.py
from the records of the events topic, line for line. A line a check, then one JSON object. A failure
prints the seed and keeps its folder, with the logs of all processes.
"""

import argparse
import json
import pathlib
import random
import shutil
import tempfile
import threading
import time

from checks import Checks
from client import Client, Producer, Refused
from kafka import VERSIONS, Broker, run_or_skip
from oracle import event_line
from running import Instance, until

APPLICATION = "shop"
SESSION_SECONDS, TRANSACTION_SECONDS = 6, 10  # as running.py configures them
SELF_ENDS_MAX = 5  # of processes that nobody ended; then it is hopeless


class Feed(threading.Thread):
    """Places orders at a steady rate until it is told to stop; some are sent twice."""

    def __init__(self, broker, rate, customers, seed):
        super().__init__(daemon=True)
        self.rng = random.Random(f"feed {seed}")
        self.producer = Producer(broker, f"{APPLICATION}-events")
        self.rate, self.customers = rate, customers
        self.sequences = {}
        self.sent = []  # (customer, line), in order
        self.stopping = threading.Event()
        self.acknowledged = None
        self.failure = None

    def place(self):
        if self.sent and self.rng.random() < 0.03:
            customer, line = self.sent[-self.rng.randint(1, min(len(self.sent), 300))]
        else:
            customer = f"customer-{self.rng.randrange(self.customers)}"
            number = self.sequences[customer] = self.sequences.get(customer, 0) + 1
            amount = self.rng.randrange(1, 200)
            line = event_line(customer, "till", number, amount, int(time.time() * 1000))
        self.producer.send(customer, line)
        self.sent.append((customer, line))

    def run(self):
        try:
            began, placed = time.monotonic(), 0
            while not self.stopping.wait(0.02):
                wanted = int((time.monotonic() - began) * self.rate)
                for _ in range(wanted - placed):
                    self.place()
                placed = wanted
                self.producer.flush()
            self.acknowledged = self.producer.finish()
        except (OSError, Refused) as failure:
            self.failure = failure


class Chaos:
    def __init__(self, options, broker, client, instances):
        self.options, self.broker, self.client = options, broker, client
        self.instances = instances
        self.rng = random.Random(options.seed)
        self.away = {}  # instance: (when it comes back, what brings it back)
        self.broker_back = None
        self.counts = dict.fromkeys(
            ("kills", "kills_open", "disks_lost", "freezes", "graceful")
            + ("broker_kills", "broker_stops"),
            0,
        )
        self.wrong = []
        self.deadline = time.monotonic() + options.seconds_max
        self.began = time.monotonic()

    def note(self, text):
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def fail(self, text):
        self.note(f"WRONG: {text}")
        self.wrong.append(text)

    # --- what happens to processes

    def open_of(self, instance):
        """Whether a transaction of that process is open, as the broker says."""
        try:
            found = self.client.open_transactions()
        except Refused:
            return False
        name = f"{APPLICATION}-{instance.name}-"
        return any(one.startswith(name) and state == "Ongoing" for one, state in found.items())

    def pause(self, beyond):
        """How long to be away, within a bound of `beyond` seconds or past it."""
        if self.rng.random() < 0.6:
            return self.rng.uniform(0.1, beyond * 0.4)
        return beyond + self.rng.uniform(1, 3)

    def kill(self, instance):
        missing = self.options.open_at_least - self.counts["kills_open"]
        aimed = missing > 0 or self.rng.random() < 0.5
        if aimed and self.broker_back is None:
            until(5, lambda: self.open_of(instance), pause=0.005)
        instance.kill()
        # Nobody but the dead could have ended it: what is open now was open when it died.
        was_open = self.broker_back is None and self.open_of(instance)
        self.counts["kills"] += 1
        self.counts["kills_open"] += was_open
        pause = self.pause(SESSION_SECONDS)
        self.away[instance] = (time.monotonic() + pause, instance.start)
        said = ", transaction open" * was_open
        if self.rng.random() < 0.2:
            shutil.rmtree(instance.data, ignore_errors=True)
            self.counts["disks_lost"] += 1
            said += ", disk lost"
        self.note(f"killed {instance.name}{said}, for {pause:.1f} s")

    def freeze(self, instance):
        beyond = (TRANSACTION_SECONDS, SESSION_SECONDS)[self.counts["freezes"] % 2]
        pause = beyond + self.rng.uniform(1, 3)
        if self.rng.random() < 0.5 and self.broker_back is None:
            until(5, lambda: self.open_of(instance), pause=0.005)
        instance.freeze()
        self.counts["freezes"] += 1
        self.away[instance] = (time.monotonic() + pause, instance.thaw)
        self.note(f"froze {instance.name} for {pause:.1f} s")

    def stop(self, instance):
        began = time.monotonic()
        instance.process.terminate()
        code = instance.ended()
        self.counts["graceful"] += 1
        took = time.monotonic() - began
        if code != 0:
            self.fail(f"{instance.name} ended with {code} when told to stop, after {took:.1f} s")
        pause = self.pause(SESSION_SECONDS)
        self.away[instance] = (time.monotonic() + pause, instance.start)
        self.note(f"stopped {instance.name} in {took:.1f} s, for {pause:.1f} s")

    def hit_broker(self):
        hard = self.counts["broker_stops"] >= self.counts["broker_kills"]
        pause = self.rng.uniform(0.5, 9)
        if hard:
            self.broker.kill()
        else:
            self.broker.stop()
        self.counts["broker_kills" if hard else "broker_stops"] += 1
        self.broker_back = time.monotonic() + pause
        self.note(f"{'killed' if hard else 'stopped'} the broker, for {pause:.1f} s")

    def revive(self):
        """Brings back whoever has been away long enough."""
        now = time.monotonic()
        if self.broker_back is not None and now >= self.broker_back:
            self.broker.start()
            self.broker_back = None
            self.note("the broker is back")
        for instance, (when, bring_back) in list(self.away.items()):
            if now >= when:
                del self.away[instance]
                bring_back()
                self.note(f"{instance.name} is back")

    def look_after(self):
        """A process ends only when it is told to."""
        for instance in self.instances:
            if instance not in self.away and not instance.running():
                code = instance.process.returncode
                said = "\n".join(instance.said()[-5:])
                self.fail(f"{instance.name} ended by itself with {code}:\n{said}")
                instance.start()
        if len(self.wrong) > SELF_ENDS_MAX:
            raise Refused("processes end by themselves again and again")
        if time.monotonic() > self.deadline:
            raise Refused(f"not done after {self.options.seconds_max} s")

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.revive()
            self.look_after()
            time.sleep(0.05)

    def wait_for(self, seconds, condition):
        """Until it holds, at most so long."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            self.wait(0.5)
        return True

    # --- the plan

    def target(self):
        """Someone who is there; mostly one who is at work, now and then one who is restoring."""
        there = [one for one in self.instances if one not in self.away and one.running()]
        if self.rng.random() < 0.75:
            there = [one for one in there if one.ready()]
        return self.rng.choice(there) if there else None

    def hit(self, fault):
        """False: it cannot be now."""
        if fault == "broker":
            if self.broker_back is not None:
                return False
            self.hit_broker()
            return True
        if fault == "stop" and self.broker_back is not None:
            return False  # with the broker away there is no promise of 30 s
        instance = self.target()
        if instance is None:
            return False
        {"kill": self.kill, "freeze": self.freeze, "stop": self.stop}[fault](instance)
        return True

    def faults(self):
        options = self.options
        plan = ["kill"] * options.kills + ["freeze"] * options.freezes
        plan += ["stop"] * options.graceful + ["broker"] * options.broker_kills
        self.rng.shuffle(plan)
        extra = 2 * options.open_at_least + 10  # kills that may be added to find open transactions
        while plan:
            self.wait(self.rng.uniform(0.5, 4))
            fault = plan.pop()
            if not self.hit(fault):
                plan.insert(self.rng.randrange(len(plan) + 1), fault)
            short = self.counts["kills_open"] < options.open_at_least
            if not plan and short and extra > 0:
                plan.append("kill")
                extra -= 1

    def everybody_back(self):
        return not self.away and self.broker_back is None

    def everybody_ready(self):
        return all(instance.ready() for instance in self.instances)

    def stop_all(self):
        for instance in self.instances:
            instance.process.terminate()
        return {instance.name: instance.ended() for instance in self.instances}

    def end(self):
        """Nothing is left running, whatever happened."""
        for instance in self.instances:
            instance.kill()


def drive(options, folder, broker, client, report):
    """The whole story on a broker that runs; how much is wrong."""
    instances = [
        Instance(options.parcours, folder, broker.brokers, APPLICATION, f"shop-{number}")
        for number in range(options.processes)
    ]
    code, said = instances[0].apply_topics(options.shards)
    if code != 0:
        print(f"WRONG: topics apply ended with {code}: {said}")
        return 1
    # Segments close, and are compacted, while the test runs.
    often = {"segment_ms": 10_000, "min_cleanable_dirty_ratio": 0.01, "min_compaction_lag_ms": 0}
    client.alter(f"{APPLICATION}-changelog", **often)
    chaos = Chaos(options, broker, client, instances)
    feed = Feed(broker, options.rate, options.customers, options.seed)
    try:
        for instance in instances:
            instance.start()
        if not chaos.wait_for(90, chaos.everybody_ready):
            chaos.fail("not everybody is ready after 90 s")
            return len(chaos.wrong)
        chaos.note("everybody is ready")
        feed.start()
        chaos.wait(3)
        chaos.faults()
        chaos.wait_for(60, chaos.everybody_back)
        chaos.wait(5)  # orders go on when the faults are over
        feed.stopping.set()
        feed.join(120)
        if feed.acknowledged is None:
            chaos.fail(f"the orders were not all acknowledged: {feed.failure}")
        checks = Checks(options, folder, broker, client, APPLICATION)
        checks.run(chaos, feed)
    except Refused as refused:
        chaos.fail(str(refused))
        return len(chaos.wrong)
    finally:
        chaos.end()
        feed.producer.kill()
        report.update(chaos.counts)
    report.update(checks.report)
    return len(chaos.wrong) + checks.wrong


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parcours", required=True, type=pathlib.Path)
    parser.add_argument("--kafka", default=VERSIONS[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--open-at-least", type=int, default=0)
    parser.add_argument("--broker-kills", type=int, default=2)
    parser.add_argument("--freezes", type=int, default=2)
    parser.add_argument("--graceful", type=int, default=2)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--rate", type=float, default=150, help="orders a second")
    parser.add_argument("--customers", type=int, default=600)
    parser.add_argument("--seconds-max", type=float, default=900)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=pathlib.Path, help="keep everything there")
    options = parser.parse_args()
    options.parcours = options.parcours.resolve()
    return options


def main():
    options = parse()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="parcours-chaos-"))
    report = {"kafka": options.kafka, "seed": options.seed}
    began = time.monotonic()
    with Broker(folder / "broker", options.kafka) as broker, Client(broker) as client:
        wrong = drive(options, folder, broker, client, report)
    report.update(wrong=wrong, seconds=round(time.monotonic() - began, 1))
    if wrong:
        print(f"--seed {options.seed}, folder {folder}")
    elif options.folder is None:
        shutil.rmtree(folder)
    print(json.dumps(report))
    return 1 if wrong else 0


if __name__ == "__main__":
    run_or_skip(main)
