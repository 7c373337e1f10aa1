"""What must not change a number, and what must change it in a known way (requirements.md, section 2), for each analysis.

One history is told in several ways, each in a project of its own of one version: shuffled and cut into other deliveries, with
people renamed, a week later, with an event that nobody asked for, and with everybody twice.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from dashboards.ask import ask
from dashboards.published import open_version

AS_OF, LATER = "2024-06-03", "2024-06-10"
SPAN = {"from": "2024-04-01", "to": "2024-04-29"}
WEEK = timedelta(days=7)
QUESTIONS = {
    "active_users": {"period": "week"},
    "lifecycle": {"period": "week"},
    "stickiness": {"period": "week"},
    "sessions": {"period": "week"},
    "retention": {"unit": "week", "horizon": 3, "start_event": "A", "return_event": "B"},
    "funnel": {"steps": ["A", "B", "C"], "window": "10d"},
    "time_to_convert": {"steps": ["A", "B", "C"], "order": "any"},
}
# What counts; everything else of a row is a rate, a time, a place or a mark.
COUNTED = ("integer",)
PLACES = {"step", "from_step", "to_step", "interval", "interval_end", "units_active"}


def history(seed=2):
    dice = random.Random(seed)
    begin = datetime(2024, 3, 25)
    return [
        (f"p{dice.randrange(12)}", dice.choice("ABC"), begin + timedelta(minutes=10 * dice.randrange(6 * 24 * 40)), {"plan": dice.choice("xy")})
        for _ in range(160)
    ]  # fmt: skip


def told(project, events):
    return [
        (who, name, at.isoformat(), bag, {"project": project, "load_id": load})
        for load, (who, name, at, bag) in enumerate(events)
    ]


@pytest.fixture(scope="module")
def rows(tmp_path_factory, publish_world):
    base = history()
    mixed = base.copy()
    random.Random(1).shuffle(mixed)
    twins = [(f"t{who}", name, at, bag) for who, name, at, bag in base]
    noise = [(who, "noise", at + timedelta(minutes=3), bag) for who, name, at, bag in base[::3]]
    events = [
        *told("base", base),
        *told("mixed", mixed),
        *told("renamed", [(f"x{who}", name, at, bag) for who, name, at, bag in base]),
        *told("later", [(f"l{who}", name, at + WEEK, bag) for who, name, at, bag in base]),
        *told("noisy", [(f"n{who}", name, at, bag) for who, name, at, bag in [*base, *noise]]),
        *told("double", [*base, *twins]),
    ]
    folder = publish_world(
        tmp_path_factory.mktemp("told"), events=events, inactive=frozenset({"noise"})
    )
    with open_version(folder) as version:

        def asked(project, question, as_of=AS_OF, **more):
            params = {**SPAN, **QUESTIONS[question], "project": project, **more}
            return ask(version, question, params, as_of).rows

        asked.columns = lambda question: ask(version, question, {**SPAN, **QUESTIONS[question]}, AS_OF).columns  # fmt: skip
        yield asked


@pytest.mark.parametrize("question", QUESTIONS)
def test_order_deliveries_and_names_change_nothing(rows, question):
    base = rows("base", question)
    assert base and rows("mixed", question) == base
    assert rows("renamed", question) == base


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_week_later_is_the_same_a_week_later(rows, question):
    later = rows("later", question, LATER, **{"from": "2024-04-08", "to": "2024-05-06"})
    back = [
        {
            name: (datetime.fromisoformat(value) - WEEK).date().isoformat()
            if name in ("period_start", "cohort_start") and value
            else value
            for name, value in row.items()
        }
        for row in later
    ]
    assert back == rows("base", question)


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name != "sessions"])
def test_an_event_that_nobody_asked_for_changes_nothing(rows, question):
    assert rows("noisy", question) == rows("base", question)


@pytest.mark.parametrize("question", QUESTIONS)
def test_everybody_twice_doubles_counts_and_keeps_rates(rows, question):
    kinds = {column.name: column.type for column in rows.columns(question)}
    for one, two in zip(rows("base", question), rows("double", question), strict=True):
        for name, value in one.items():
            if kinds[name] in COUNTED and name not in PLACES and value is not None:
                assert two[name] == 2 * value, name
            elif not name.endswith(("_low", "_high", "p75_seconds", "p90_seconds")):
                # Intervals narrow; a quantile between two people lies elsewhere when each of them is two.
                same = pytest.approx(value) if isinstance(value, float) else value
                assert two[name] == same, name


def test_wider_windows_and_looser_rules_only_add(rows):
    """longer windows, in any order, with a tie, without exclusions, a longer range: nobody is lost"""

    def reached(**more):
        return [row["reached"] for row in rows("base", "funnel", **more)]

    def grows(less, more):
        assert all(a <= b for a, b in zip(less, more, strict=True)), (less, more)

    windows = [reached(window=f"{days}d") for days in (1, 2, 5, 10, 40)]
    for less, more in zip(windows, windows[1:], strict=False):
        grows(less, more)
    assert windows[0] != windows[-1]
    grows(reached(order="strict"), reached())
    grows(reached(), reached(order="any"))
    grows(reached(), reached(tie_seconds=60))
    grows(reached(exclusions=[{"event": "C", "after_step": 1}]), reached())
    grows(reached(dialect="mixpanel", tie_seconds=0), reached())
    grows(reached(to="2024-04-15"), reached())
    grows(reached()[:1], reached(count="totals")[:1])

    def kept(**more):
        found = rows("base", "retention", **more)
        return [r["retained"] for r in found if r["cohort_start"] and r["interval"] == 2]

    grows(kept(), kept(mode="on_or_after"))
    grows(kept(mode="streak"), kept())
    grows(kept(), kept(mode="on_or_before"))
    grows(kept(cohort="first_time"), kept(cohort="recurring"))


def test_parts_add_up(rows):
    """a month of days, the groups of a breakdown, the steps of a person: what is a partition adds up"""
    weeks = rows("base", "sessions")
    days = rows("base", "sessions", period="day")
    assert sum(r["sessions"] for r in weeks) == sum(r["sessions"] for r in days)
    whole = rows("base", "funnel")
    parts = rows("base", "funnel", breakdown="plan")
    for step in (1, 2, 3):
        total = next(r["reached"] for r in whole if r["step"] == step)
        assert total == sum(r["reached"] for r in parts if r["step"] == step)
    for row in whole:
        assert row["reached"] >= row["matured_reached"]
    cohorts = rows("base", "retention")
    groups = rows("base", "retention", breakdown="plan")
    for n in range(4):
        of = [sum(r["retained"] for r in table if r["cohort_start"] and r["interval"] == n) for table in (cohorts, groups)]  # fmt: skip
        assert of[0] == of[1]
