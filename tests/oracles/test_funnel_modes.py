"""The matcher of funnels against a reference that tries every choice, over thousands of small histories; and the question
in every mode against the same reference, over histories that lie in one published version."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import product

import pytest

from dashboards.ask import ask
from dashboards.engine.matcher import Event, Rules, match
from dashboards.published import open_version
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


BEGIN = datetime(2024, 1, 1, 10)
TICK = 20  # seconds
RANGE = (3, 22)  # ticks in which an entry may begin
ABC = ["A", "B", "C"]
X = [{"event": "X"}]
MODES = {
    "any": {"order": "any"},
    "any-repeated": {"order": "any", "steps": ["A", "B", "A"]},
    "any-anchored": {"order": "any", "steps": [{"event": "A", "anchored": True}, "B", "C"]},
    "any-excluded": {"order": "any", "exclusions": X},
    "any-removed": {"order": "any", "exclusions": X, "exclusion_mode": "remove_actor"},
    "any-totals": {"order": "any", "count": "totals"},
    "strict": {"order": "strict"},
    "strict-repeated": {"order": "strict", "steps": ["A", "A", "B"]},
    "strict-totals": {"order": "strict", "count": "totals"},
    "totals": {"count": "totals"},
    "totals-excluded": {"count": "totals", "exclusions": X},
    "first": {"entry": "first"},
    "first-dropped": {"entry": "first", "exclusions": X, "exclusion_mode": "drop_at"},
    "repeated": {"steps": ["A", "B", "A"]},
    "clean": {"exclusions": [{"event": "X", "after_step": 2}]},
    "removed": {"exclusions": X, "exclusion_mode": "remove_actor"},
    "tied": {"project": "ties"},
    "tie-seconds": {"project": "ties", "tie_seconds": TICK},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory, publish_world):
    """The question over 40 people with events at times of their own, and 40 whose events share them."""
    dice = random.Random("modes")
    people = {"default": [], "ties": []}
    for project, found in people.items():
        for _ in range(40):
            size = dice.randint(1, 9)
            ticks = (
                dice.sample(range(30), size)
                if project == "default"
                else dice.choices(range(12), k=size)
            )
            found.append([(tick, dice.choice("AABBCCX")) for tick in sorted(ticks)])
    rows = [
        (
            f"{project[0]}{n}",
            name,
            (BEGIN + timedelta(seconds=TICK * tick)).isoformat(),
            {},
            {"project": project},
        )
        for project, found in people.items()
        for n, happened in enumerate(found)
        for tick, name in happened
    ]
    folder = publish_world(tmp_path_factory.mktemp("modes"), events=rows)
    low, high = ((BEGIN + timedelta(seconds=TICK * tick)).isoformat() for tick in RANGE)
    with open_version(folder) as version:
        yield (
            lambda **params: (
                ask(version, "funnel", {"from": low, "to": high, **params}, "2024-02-01").rows
            ),
            people,
        )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("window", [4, 11])
def test_every_mode_as_it_is_asked(told, mode, window):
    asks, people = told
    params = {"project": "default", "steps": ABC, **MODES[mode]}
    names = [s["event"] if isinstance(s, dict) else s for s in params["steps"]]
    asked = Asked(
        3, window, *RANGE, order=params.get("order", "sequential"), totals=params.get("count") == "totals",
        entry=params.get("entry", "best"), mode=params.get("exclusion_mode", "any_clean"),
        exclusions=tuple(x.get("after_step") for x in params.get("exclusions", ())),
        anchored=(1,) if mode == "any-anchored" else (), tie="tie_seconds" in params,
    )  # fmt: skip
    paths = [
        times
        for happened in people[params["project"]]
        for times in counted(
            [
                (
                    tick,
                    {k for k, step in enumerate(names) if step == name},
                    {0} if name == "X" and asked.exclusions else set(),
                )
                for tick, name in happened
            ],
            asked,
        )
    ]
    rows = asks(window=f"{TICK * window}s", **params)
    assert [r["reached"] for r in rows] == [sum(len(p) > k for p in paths) for k in range(3)]
    assert rows[0]["reached"] > 10 and rows[1]["reached"] < rows[0]["reached"]
    if params["project"] == "default":
        for k in (1, 2):
            gaps = [TICK * (p[k] - p[k - 1]) for p in paths if len(p) > k]
            assert rows[k]["mean_seconds"] == (
                pytest.approx(sum(gaps) / len(gaps)) if gaps else None
            )
