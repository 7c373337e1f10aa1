"""K10: what a process saves and costs by the method of K4, and when it may claim nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.dbt_project.ledger_reference import expected_ledger, random_ledger
from tests.dbt_project.process_time import Entry, History, at, monday

PEOPLE = {f"pm-{n}": (None, None) for n in range(1, 7)}
RULES = [("status_updates", "title", "contains", "status")]
ROLLOUT = monday(5)


def history(title: str = "Read the digest", people=PEOPLE, **processes) -> History:
    """An hour of status a week before the rollout, a quarter after it, and ten minutes of the digest."""
    entries = []
    for who in people:
        for week in range(17):
            is_after = week >= 5
            entries.append(Entry(who, at(week, 0, "10:00"), 15 if is_after else 60, "Status"))
            if is_after:
                entries.append(Entry(who, at(week, 1, "10:00"), 12, title))
    digest = (ROLLOUT, "digest", ("status_updates",))
    return History(entries, dict(people), RULES, processes=processes or {"digest": digest})


def ledger(told: History, process: str = "digest") -> dict[str, dict]:
    """The second quarter of one process by reading."""
    rows = told.kpi("2025-07-01", "kpi_impact_ledger")
    return {v.partition(":")[0]: row for (v, p, start), row in rows.items() if (p, start) == ("quarter", "2025-04-01") and v.endswith(f":{process}")}  # fmt: skip


@pytest.mark.parametrize("title", ["Read the digest", "Status digest"])
def test_k10_net_is_what_is_saved_less_what_it_costs_wherever_that_time_counts(title):
    # as "Status digest" its own time is status time as well; it must not be taken off twice
    rows = ledger(history(title))
    assert rows["saved"]["value"] == pytest.approx(0.75)
    assert rows["costs"]["value"] == pytest.approx(0.2)
    assert rows["net"]["value"] == pytest.approx(0.55) and rows["net"]["n"] == 6
    assert (rows["net"]["ci_low"], rows["net"]["ci_high"]) == pytest.approx((0.55, 0.55))
    assert rows["net"]["reportable"] and rows["net"]["unit"] == "hours"


@pytest.mark.parametrize(
    ("title", "beside"),
    [
        # the category declared first has the time of a sync, so no status time is left to take off
        ("Status digest", "Sync"),
        ("Status digest", "Sync digest"),
        # another entry makes it status time; the process takes it all the same
        ("Read the digest", "Status"),
    ],
)
def test_k10_time_in_savings_is_what_the_categories_it_saves_have_got(title, beside):
    told = history(title)
    more = [replace(e, title=beside) for e in told.entries if e.title == title]
    rules = [("meeting_coordination", "title", "contains", "sync"), *RULES]
    rows = ledger(replace(told, entries=[*told.entries, *more], rules=rules))
    told_hours = [rows[reading]["value"] for reading in ("saved", "costs", "net")]
    assert told_hours == pytest.approx([0.75, 0.2, 0.55])


# Of 27 every boundary decides some row: ends of weeks, rollouts and employment on the last day, rivals that begin late.
# An even seed is of a company west of UTC, where the clocks change in another week.
@pytest.mark.parametrize(
    "seed", [27, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (0, 1, 2, 4, 5, 6, 9))]
)
def test_k10_is_what_a_plain_reading_of_random_histories_says(seed):
    told, as_of = random_ledger(seed)
    rows, wanted = told.kpi(str(as_of), "kpi_impact_ledger"), expected_ledger(told, as_of)
    assert set(rows) == set(wanted)
    for key, row in rows.items():
        want = wanted[key]
        assert (row["n"], row["reason"]) == (want["n"], want["reason"]), key
        assert row["value"] == pytest.approx(want["value"], abs=1e-9), key
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(want["interval"], abs=1e-9), key
        assert (row["status"] == "pending") == want["is_pending"], key
    # the dice give numbers to compare
    assert {key[0].partition(":")[0] for key, want in wanted.items() if want["value"]} == {"saved", "costs", "net"}  # fmt: skip


def test_k10_a_process_that_saves_nothing_still_costs():
    rows = ledger(history(digest=(ROLLOUT, "digest", ())))
    assert rows["costs"]["value"] == pytest.approx(0.2) and rows["net"]["value"] is None
    assert rows["net"]["reason"] == "tools.yml says of no category that it saves its time"


def test_k10_without_a_rule_of_its_costs_there_is_no_net():
    rows = ledger(history(digest=(ROLLOUT, "", ("status_updates",))))
    assert rows["saved"]["value"] == pytest.approx(0.75)
    assert (rows["net"]["value"], rows["net"]["reason"]) == (None, "tools.yml has no rule that finds what it costs")  # fmt: skip


def test_k10_two_processes_cannot_claim_the_same_hours():
    mine = (ROLLOUT, "digest", ("status_updates",))
    both = history(digest=mine, template=(monday(7), "template", ("status_updates",)))
    assert ledger(both)["saved"]["reason"] == "template claims the same hours, so neither can"
    long_ago = history(digest=mine, template=(monday(0), "template", ("status_updates",)))
    assert ledger(long_ago)["saved"]["reason"] is None


def test_k10_a_small_panel_and_a_rollout_without_weeks_before_it_are_not_told():
    few = dict(list(PEOPLE.items())[:4])
    row = ledger(history(people=few))["saved"]
    assert row["value"] is None and row["reason"].startswith("fewer than 5 (4)")
    early = ledger(history(digest=(monday(3), "digest", ("status_updates",))))["saved"]
    assert early["value"] is None and early["reason"].startswith("fewer than 5 (0)")


def test_k10_only_what_says_what_it_costs_or_saves_is_in_the_ledger():
    told = history()
    assert ledger(replace(told, processes={"rite": (ROLLOUT, "", ())}), "rite") == {}
