"""The matcher of funnels against a reference that tries every choice, over thousands of small histories."""

from __future__ import annotations

import random
from itertools import product

import pytest

from dashboards.engine.matcher import Event, Rules, match
from tests.oracles.funnel_reference import Asked, counted

STEPS = 3


def history(dice, distinct):
    """Up to seven events on a coarse clock: repeats, gaps, ties (unless distinct), and events of several steps."""
    size = dice.randint(1, 7)
    times = sorted(dice.sample(range(12), size) if distinct else dice.choices(range(8), k=size))
    found = []
    for at in times:
        steps = {dice.randrange(STEPS)} if dice.random() < 0.8 else set()
        if dice.random() < 0.15:
            steps.add(dice.randrange(STEPS))
        excluded = {0} if not steps or dice.random() < 0.1 else set()
        found.append((at, steps, excluded))
    return found


def engine(events, asked):
    rules = Rules(
        steps=asked.steps, window=asked.window, from_at=asked.low, to_at=asked.high, order=asked.order,
        totals=asked.totals, tie=asked.tie, entry=asked.entry, exclusion_mode=asked.mode,
        exclusion_steps=asked.exclusions, anchored=asked.anchored,
    )  # fmt: skip
    rows = [
        Event(at, sum(1 << s for s in steps), sum(1 << x for x in excluded))
        for at, steps, excluded in events
    ]
    return [attempt.times for attempt in match(rows, rules)]


@pytest.mark.parametrize("order", ["sequential", "strict", "any"])
def test_f1_to_f12_every_order_entry_exclusion_and_totals(order):
    dice = random.Random(order)
    ways = list(
        product(
            (False, True),
            ("best", "first"),
            ("any_clean", "drop_at", "remove_actor"),
            ((), (None,), (1,), (2,)),
        )
    )
    for n in range(1500):
        totals, entry, mode, exclusions = ways[n % len(ways)]
        # At one instant the rules of order are tested by hand; totals end between two instants here.
        events = history(dice, distinct=totals or order == "strict" or bool(exclusions))
        if not exclusions:
            events = [(at, steps, set()) for at, steps, _ in events]
        anchored = dice.choice([(), (1,), (2,), (3,), (1, 3)]) if order == "any" else ()
        asked = Asked(
            STEPS, dice.randint(1, 9), dice.randint(0, 2), dice.randint(5, 12), order=order,
            totals=totals, entry=entry, mode=mode, exclusions=exclusions, anchored=anchored,
        )  # fmt: skip
        assert engine(events, asked) == counted(events, asked), (events, vars(asked))


def test_f11_ties_in_sequence():
    """With a tie a step may come that much before the one before; each event still counts once."""
    dice = random.Random(11)
    for _ in range(600):
        events = [(at, {min(steps)} if steps else set(), set()) for at, steps, _ in history(dice, distinct=False)]  # fmt: skip
        asked = Asked(STEPS, dice.randint(1, 6), 0, 12, tie=dice.randint(0, 2))
        got, want = engine(events, asked), counted(events, asked)
        assert [len(times) for times in got] == [len(times) for times in want], (events, vars(asked))  # fmt: skip


def test_f5_optimized_entries():
    dice = random.Random(5)
    for _ in range(600):
        events = [(at, steps, set()) for at, steps, _ in history(dice, distinct=True)]
        asked = Asked(STEPS, dice.randint(1, 9), 0, 12, entry="optimized")
        got, want = engine(events, asked), counted(events, asked)
        if want and len(want[0]) == STEPS:
            # the most recent first step before the second one
            start = max(at for at, steps, _ in events if 0 in steps and want[0][0] <= at <= want[0][1])  # fmt: skip
            want = [(start, *want[0][1:])]
        assert got == want, (events, vars(asked))


def test_f9_a_step_that_is_asked_for_twice():
    """A, A, B: every event that is A fits both of the first steps."""
    dice = random.Random(9)
    for order in ("sequential", "any"):
        for _ in range(500):
            names = [(dice.randrange(8), dice.choice("AAB")) for _ in range(dice.randint(1, 6))]
            events = [(at, {0, 1} if name == "A" else {2}, set()) for at, name in sorted(names)]
            asked = Asked(STEPS, dice.randint(1, 8), 0, 8, order=order)
            assert engine(events, asked) == counted(events, asked), (events, vars(asked))
