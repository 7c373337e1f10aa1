"""K3 on tables made by hand: silence of a source is not read as no use, and random rollouts against a plain count."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import pytest

ROLLOUT = date(2025, 1, 1)
DAY = timedelta(days=1)
# Days around every boundary of the readings.
DAYS = (-1, 0, 1, 29, 30, 31, 32, 33, 39, 40, 46, 47, 53, 54, 60, 61)
EMPTY = ("marts__dim_kpi_targets", "marts__dim_kpi_baselines", "marts__dim_data_through")


def fill(
    made, people, uses, counts=(), span=(-200, 200), measured=True, tools=("board",), logged=None
):
    """Tools rolled out on the first of January; `uses` are (tool, person, day), `counts` (tool, person, first day, day after the last, active days)."""
    made.fill(
        **{name: [] for name in EMPTY},
        marts__dim_settings=[{"timezone": "Europe/Berlin"}],
        marts__dim_tools=[{"tool": tool, "kind": "tool", "is_core": True, "rollout_on": ROLLOUT, "usage_sources": int(measured)} for tool in tools],
        marts__fct_rollout_people=[{"tool": tool, "person_id": who, "has_login": True, "rollout_on": ROLLOUT, "end_on": end and ROLLOUT + end * DAY} for tool in tools for who, end in people],
        marts__fct_tool_use_days=[{"tool": tool, "person_id": who, "local_date": ROLLOUT + day * DAY} for tool, who, day in set(uses)],
        marts__fct_tool_active_days=[{"tool": tool, "person_id": who, "window_from_on": ROLLOUT + first * DAY, "window_to_on": ROLLOUT + after * DAY, "days_active": active} for tool, who, first, after, active in counts],
        marts__dim_tool_evidence=[{"tool": tool, "sources": "okta", "first_on": span and ROLLOUT + span[0] * DAY, "last_on": span and ROLLOUT + span[1] * DAY, "logged_from_on": logged and ROLLOUT + logged[0] * DAY, "logged_to_on": logged and ROLLOUT + logged[1] * DAY} for tool in tools],
    )  # fmt: skip


def told(made, as_of="2025-06-01"):
    """The readings of the board in the quarter of its rollout."""
    return {reading: row for (reading, tool), row in readings(made, as_of).items() if tool == "board"}  # fmt: skip


def readings(made, as_of):
    """Rows of the quarter of the rollouts by reading and tool."""
    rows = made.run("kpi_tool_adoption", as_of)
    return {(reading, tool): row for row in rows for reading, _, tool in [row["variant"].partition(":")] if row["period"] == "quarter" and tool}  # fmt: skip


SIX = [(f"pm-{n}", None) for n in range(6)]


@pytest.mark.parametrize(("adopters", "status"), [(4, "failed"), (5, "none")])
def test_k3_forty_percent_is_a_failed_rollout_and_more_is_not(made, adopters, status):
    people = [(f"pm-{n}", None) for n in range(10)]
    uses = [("board", f"pm-{n}", day) for n in range(adopters) for day in (31, 60)]
    fill(made, people, uses)
    row = told(made)["adopted_day_60"]
    assert (row["value"], row["status"], row["reportable"]) == (adopters / 10, status, True)


@pytest.mark.parametrize(
    ("span", "lacking"),
    [
        (None, {"adopted_day_60", "day_30", "ever_used", "habitual"}),  # never delivered
        ((-90, -1), {"adopted_day_60", "day_30", "ever_used", "habitual"}),
        ((-90, 0), {"adopted_day_60", "habitual"}),
        ((-90, 30), {"adopted_day_60", "habitual"}),
        ((-90, 31), {"habitual"}),
        ((-90, 33), set()),
        ((60, 150), {"day_30"}),  # the log was kept for too short a time
        ((61, 150), {"adopted_day_60", "day_30", "ever_used", "habitual"}),
    ],
)
def test_k3_where_the_source_is_silent_nobody_knows_who_used_the_tool(made, span, lacking):
    fill(made, SIX, [], span=span)
    rows = told(made)
    assert {reading for reading, row in rows.items() if row["value"] is None} == lacking
    for reading in lacking:
        row = rows[reading]
        assert (row["status"], row["reportable"], row["numerator"]) == ("none", False, None)
        assert row["reason"].startswith("no record of okta tells of the days from 2025-")
    assert all(row["value"] == 0 and row["reportable"] for reading, row in rows.items() if reading not in lacking)  # fmt: skip


@pytest.mark.parametrize(
    ("logged", "partly"),
    [
        ((-90, 90), set()),
        ((0, 60), set()),
        ((3, 58), set()),  # not a day in ten
        ((0, 57), {"habitual"}),  # 27 of 30 is nine in ten, 25 of 28 is less
        ((0, 56), {"adopted_day_60", "habitual"}),
        ((0, 53), {"adopted_day_60", "ever_used", "habitual"}),
        ((4, 90), {"day_30"}),
        ((7, 90), {"day_30", "ever_used"}),
        ((35, 90), {"adopted_day_60", "ever_used"}),
    ],
)
def test_k3_a_log_of_the_company_that_tells_of_some_of_the_days_is_no_number(made, logged, partly):
    """Half of a log is not half of the people who used it; day 35 leaves 26 of habitual's 28 days."""
    uses = [("board", who, day) for who, _ in SIX for day in (20, 36, 42, 50, 55)]
    fill(made, SIX, uses, span=logged, logged=logged)
    rows = told(made)
    seen = {reading: row for reading, row in rows.items() if row["value"] is not None}
    assert {reading for reading, row in seen.items() if not row["reportable"]} == partly
    for reading in partly:
        assert rows[reading]["reason"].startswith("the record of okta tells only of ")
        assert rows[reading]["status"] == "none"
    # a file of the tool alone is silent where nobody used it
    fill(made, SIX, uses, span=(20, 55))
    assert all(row["reportable"] for row in told(made).values())


def test_k3_half_of_a_log_is_not_a_failed_rollout(made):
    fill(made, SIX, [("board", "pm-1", day) for day in (31, 40)], span=(-90, 48), logged=(-90, 48))
    row = told(made)["adopted_day_60"]
    assert (row["numerator"], row["status"], row["reportable"]) == (1, "none", False)
    assert row["reason"] == (
        "the record of okta tells only of 18 of the 30 days from 2025-02-01 to 2025-03-02"
    )


def test_k3_counts_of_active_days_tell_adoption_and_not_which_days(made):
    counts = [("board", who, 31, 61, n) for n, (who, _) in enumerate(SIX)]
    fill(made, SIX, [], counts, span=None)
    rows = told(made)
    assert (rows["adopted_day_60"]["numerator"], rows["adopted_day_60"]["denominator"]) == (4, 6)
    assert rows["adopted_day_60"]["reportable"]
    for reading in ("day_30", "habitual"):
        assert rows[reading]["value"] is None
        assert rows[reading]["reason"] == "okta counts active days of a window and does not say which"  # fmt: skip
    # a window that begins a day too early is no evidence of the last thirty days
    fill(made, SIX, [], [("board", who, 30, 60, 9) for who, _ in SIX], span=None)
    assert told(made)["adopted_day_60"]["value"] is None


def test_k3_before_the_day_is_over_a_silent_source_is_only_pending(made):
    fill(made, SIX, [], span=None)
    row = told(made, "2025-02-15")["adopted_day_60"]
    assert (row["status"], row["reason"], row["value"]) == ("pending", "not over yet", None)
    fill(made, SIX, [], span=None, measured=False)
    assert told(made, "2025-02-15")["adopted_day_60"]["reason"] == "no source shows the use of this tool"  # fmt: skip


def test_k3_without_a_declared_tool_it_says_so(made):
    fill(made, [], [], tools=())
    rows = made.run("kpi_tool_adoption", "2025-06-01")
    assert {row["variant"] for row in rows} == {"core_tools", "overlapping_categories"}
    assert {(row["value"], row["reason"]) for row in rows} == {(None, "tools.yml declares no tool")}


# Random histories -----------------------------------------------------------------------------


def drawn(rng):
    tools = ("board", "notes", "chat")
    people = [(f"pm-{n}", rng.choice((None, None, 29, 30, 59, 60, 61))) for n in range(15)]
    uses = {
        (tool, who, rng.choice(DAYS))
        for tool in tools
        for who, _ in people
        for _ in range(rng.randrange(6))
    }
    counts = []
    for who, _ in people:
        for first, after in rng.choice((((31, 61),), ((31, 40), (40, 61)), ((31, 45), (40, 61)), ((30, 61),), ())):  # fmt: skip
            counts.append(("chat", who, first, after, rng.randrange(3)))
    return tools, people, sorted(uses), counts


def reference(people, uses, counts, tool, as_of):
    """By reading (how many, of how many) on a day that is over; None before."""
    seen = [(who, day) for of, who, day in uses if of == tool and day < as_of]

    def used(who, first, last):
        return len({day for one, day in seen if one == who and first <= day <= last})

    def counted(who):
        own = sorted((first, after, n) for of, one, first, after, n in counts if (of, one) == (tool, who) and first >= 31 and after <= min(61, as_of))  # fmt: skip
        overlaps = any(early[1] > late[0] for early, late in zip(own, own[1:], strict=False))
        active = [n for _, _, n in own]
        return max(active, default=0) if overlaps else sum(active)

    weeks = ((33, 39), (40, 46), (47, 53), (54, 60))
    readings = {
        "adopted_day_60": (60, lambda who: max(used(who, 31, 60), counted(who)) >= 2),
        "day_30": (30, lambda who: used(who, 0, 30) > 0),
        "ever_used": (60, lambda who: used(who, 0, 60) > 0 or counted(who) > 0),
        "habitual": (60, lambda who: all(used(who, *week) for week in weeks)),
    }
    found = {}
    for name, (last, is_counted) in readings.items():
        present = [who for who, end in people if end is None or end >= last]
        is_over = as_of > last
        found[name] = (
            sum(is_counted(who) for who in present) if is_over else None,
            len(present) if is_over else None,
            len(present),
        )
    return found


def test_k3_agrees_with_a_plain_count_over_random_rollouts(made):
    for seed in range(2):
        tools, people, uses, counts = drawn(random.Random(seed))
        fill(made, people, uses, counts, tools=tools)
        for days in (30, 31, 60, 61, 120):
            # midnight in Berlin as UTC
            as_of = datetime(2025, 1, 1) + days * DAY - timedelta(hours=1 if days < 89 else 2)
            rows = readings(made, str(as_of))
            for tool in tools:
                expected = reference(people, uses, counts, tool, days)
                got = {name: (row["numerator"], row["denominator"], row["n"]) for (name, of), row in rows.items() if of == tool}  # fmt: skip
                assert got == expected, (seed, days, tool)
