#!/usr/bin/env python3
"""The oracle against histories worked out by hand, and against itself.

Usage: oracle_test.py   (Python's unittest; a second or two)
"""

import random
import unittest

import cel
import digests
import oracle
import tiny_yaml
import zones
from random_sets import RandomSet

PROGRAMME = """
programme: {currency: EUR, time_zone: Europe/Paris}
events:
  order_completed:
    fields: {total: money}
attributes:
  birth_date: date
features:
  orders:        {on: order_completed, aggregate: count}
  spend:         {on: order_completed, aggregate: sum, of: event.total}
  last_order_at: {on: order_completed, aggregate: last, of: event.time}
  recent:        {on: order_completed, aggregate: count, window: 30d}
  recent_hours:  {on: order_completed, aggregate: count, window: 3d}
"""


def ms(text):
    return cel.parse_time(text) // cel.NANOS


def order(number, time, total="10.00"):
    return {
        "id": f"o{number}",
        "source": "shop",
        "type": "order_completed",
        "time": time,
        "subject": "c",
        "data": {"total": total},
    }


def moves(result):
    return [
        (t["to"], cel.format_time(t["at"]), "time" in t["cause"]) for t in result["transitions"]
    ]


def run(definitions, events, until):
    return oracle.run(tiny_yaml.read(PROGRAMME + definitions), events, ms(until))


def segments(**rules):
    lines = "".join(f"      {name}: '{rule}'\n" for name, rule in rules.items())
    return "segmentations:\n  s:\n    kind: exclusive\n    segments:\n" + lines


def evaluate(text, now="2026-03-01T00:00:00Z", zone="UTC"):
    class Env:
        decimals = 2

        def value(self, name):
            raise cel.CelError(name)

    env = Env()
    env.now, env.zone = ms(now), zones.Zone.get(zone)
    return cel.compile_text(text)(env)


class Expressions(unittest.TestCase):
    def test_errors_are_absorbed_as_cel_says(self):
        self.assertIs(evaluate("missing > 1 && false"), False)
        self.assertIs(evaluate("true || missing > 1"), True)
        with self.assertRaises(cel.CelError):
            evaluate("missing > 1 && true")

    def test_arithmetic_cuts_towards_zero_and_overflows_to_an_error(self):
        self.assertEqual(evaluate("-7 / 2"), -3)
        self.assertEqual(evaluate("-7 % 2"), -1)
        with self.assertRaises(cel.CelError):
            evaluate("9223372036854775807 + 1")

    def test_operators_bind_as_in_cel(self):
        self.assertIs(evaluate('1 + 2 * 3 == 7 && !(2 in [1, 3]) && "ab".startsWith("a")'), True)
        self.assertEqual(evaluate("false ? 1 : false ? 2 : 3"), 3)

    def test_days_that_never_were_still_count(self):
        self.assertEqual(
            evaluate(
                'calendar_days(timestamp("2011-12-29T12:00:00Z"), '
                'timestamp("2011-12-30T12:00:00Z"))',
                zone="Pacific/Apia",
            ),
            2,
        )

    def test_a_leap_birthday_falls_on_the_first_of_march(self):
        self.assertEqual(evaluate('age(date("1984-02-29"))', now="2025-02-28T23:59:59Z"), 40)
        self.assertEqual(evaluate('age(date("1984-02-29"))', now="2025-03-01T00:00:00Z"), 41)

    def test_a_midnight_that_does_not_exist_is_the_first_instant_after_the_gap(self):
        self.assertEqual(
            evaluate('start_of_day(timestamp("2025-09-07T12:00:00Z"))', zone="America/Santiago"),
            cel.at(ms("2025-09-07T04:00:00Z")),
        )

    def test_a_midnight_that_exists_twice_is_the_first(self):
        self.assertEqual(
            evaluate('start_of_day(timestamp("2025-11-02T12:00:00Z"))', zone="America/Havana"),
            cel.at(ms("2025-11-02T04:00:00Z")),
        )


class Segmentations(unittest.TestCase):
    def test_a_strict_bound_becomes_true_one_millisecond_later(self):
        result = run(
            segments(lapsing="now - last_order_at > days(90)", new="orders == 1"),
            [order(1, "2026-01-01T12:00:00Z")],
            "2027-01-01T00:00:00Z",
        )
        self.assertEqual(
            moves(result),
            [
                ("new", "2026-01-01T12:00:00.000Z", False),
                ("lapsing", "2026-04-01T12:00:00.001Z", True),
            ],
        )

    def test_calendar_days_turn_at_local_midnight(self):
        result = run(
            segments(lapsing="calendar_days(last_order_at, now) > 90"),
            [order(1, "2026-01-01T23:30:00Z")],
            "2027-01-01T00:00:00Z",
        )
        # The order lies on 2 January in Paris; 91 days later the clocks are on summer time.
        self.assertEqual(moves(result), [("lapsing", "2026-04-02T22:00:00.000Z", True)])

    def test_a_due_at_until_does_not_fire(self):
        rule = segments(old="now - last_order_at >= days(1)")
        for until, count in (("2026-01-02T12:00:00Z", 0), ("2026-01-02T12:00:00.001Z", 1)):
            result = run(rule, [order(1, "2026-01-01T12:00:00Z")], until)
            self.assertEqual(len(result["transitions"]), count)

    def test_a_due_fires_before_an_event_of_its_instant(self):
        result = run(
            segments(old="now - last_order_at >= days(1)", young="orders >= 1"),
            [order(1, "2026-01-01T12:00:00Z"), order(2, "2026-01-02T12:00:00Z")],
            "2026-01-02T13:00:00Z",
        )
        self.assertEqual(
            [(to, by_time) for to, _, by_time in moves(result)],
            [("young", False), ("old", True), ("young", False)],
        )


class Windows(unittest.TestCase):
    def leaves(self, name, time):
        result = run(segments(busy=f"{name} >= 1"), [order(1, time)], "2027-01-01T00:00:00Z")
        return moves(result)[1][1]

    def test_a_contribution_on_a_grid_line_belongs_to_the_bucket_that_ends_there(self):
        self.assertEqual(
            self.leaves("recent_hours", "2026-01-01T12:00:00Z"), "2026-01-04T12:00:00.000Z"
        )
        self.assertEqual(
            self.leaves("recent_hours", "2026-01-01T12:00:00.001Z"), "2026-01-04T13:00:00.000Z"
        )
        self.assertEqual(
            self.leaves("recent_hours", "2026-01-01T11:59:59.999Z"), "2026-01-04T12:00:00.000Z"
        )

    def test_local_days_are_counted_whatever_the_clocks_do_in_between(self):
        # Lines are Paris midnights: winter at 23:00Z, summer at 22:00Z.
        self.assertEqual(self.leaves("recent", "2026-03-09T23:00:00Z"), "2026-04-08T22:00:00.000Z")
        self.assertEqual(
            self.leaves("recent", "2026-03-09T23:00:00.001Z"), "2026-04-09T22:00:00.000Z"
        )


class Journeys(unittest.TestCase):
    NUDGE = """
journeys:
  nudge:
    enter: {event: order_completed, when: orders == 1}
    exit_when: orders >= 2
    goal: {when: orders >= 2, within: 2d, from: send}
    steps:
      - wait: 7d
      - send: {channel: email, template: t}
"""

    def journey(self, *later):
        events = [order(1, "2026-01-01T12:00:00Z")]
        events += [order(number, time) for number, time in enumerate(later, 2)]
        result = run(self.NUDGE, events, "2026-02-01T00:00:00Z")
        return result["actions"], result["decisions"], result["journeys"]["nudge"]

    def test_nobody_is_nudged_after_the_second_order(self):
        actions, decisions, summary = self.journey("2026-01-08T11:59:59.999Z")
        self.assertEqual((actions, [d["decision"] for d in decisions]), ([], ["exited"]))
        self.assertEqual((summary["exited"], summary["converted"]), (1, 0))

    def test_a_wait_that_ends_at_the_instant_of_an_event_ends_before_it(self):
        actions, _, summary = self.journey("2026-01-08T12:00:00Z")
        self.assertEqual([cel.format_time(a["at"]) for a in actions], ["2026-01-08T12:00:00.000Z"])
        self.assertEqual((summary["completed"], summary["converted"]), (1, 1))

    def test_the_last_instant_of_the_goal_window_counts(self):
        self.assertEqual(self.journey("2026-01-10T12:00:00Z")[2]["converted"], 1)
        self.assertEqual(self.journey("2026-01-10T12:00:00.001Z")[2]["converted"], 0)


class Itself(unittest.TestCase):
    def test_nothing_changes_at_an_instant_that_was_not_foreseen(self):
        for seed in range(12):
            made = RandomSet(seed)
            rng = random.Random(seed)
            extra = [rng.randint(made.begin, made.until) for _ in range(100)]
            with self.subTest(seed=seed):
                oracle.run(made.data, made.events, made.until, extra)

    def test_yaml_is_read_as_it_was_written(self):
        for seed in range(12):
            data = RandomSet(seed).data
            self.assertEqual(tiny_yaml.read(tiny_yaml.write(data)), data)

    def test_a_digest_does_not_depend_on_the_order_of_lines_but_on_every_byte(self):
        self.assertEqual(
            digests.digest_of_lines([b"a\n", b"b\n"]), digests.digest_of_lines([b"b\n", b"a\n"])
        )
        self.assertNotEqual(digests.digest_of_lines([b"a\n"]), digests.digest_of_lines([b"A\n"]))
        self.assertEqual(
            digests.digest_of_lines([b"\n"]),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        )


if __name__ == "__main__":
    unittest.main()
