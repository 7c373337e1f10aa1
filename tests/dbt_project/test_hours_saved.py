"""K4 in hours: what was saved in a quarter, by hand and against a plain reading of random histories."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.dbt_project.process_time import CATEGORIES, History, hours_of, monday, random_history
from tests.dbt_project.test_process_efficiency import AS_OF, QUARTER, SIX, TRACKED, weekly

MODEL = "kpi_hours_saved"


def saved(history: History, as_of: str = AS_OF, start: str = QUARTER) -> dict[str, dict]:
    rows = history.kpi(as_of, MODEL)
    return {v: row for (v, p, s), row in rows.items() if (p, s) == ("quarter", start)}


def before_and_after(minutes: int, weeks: range = range(4, 17), **people: tuple) -> History:
    """An hour a week in the first four weeks, then so many minutes."""
    first, then = weekly({"Status": 60}, weeks=range(4)), weekly({"Status": minutes}, weeks=weeks)
    return replace(first, entries=first.entries + then.entries, people={**first.people, **people})


def test_hours_saved_are_of_every_whole_week_that_ends_in_the_quarter():
    rows = saved(before_and_after(45))
    total, per_week = rows[f"saved_hours:{TRACKED}"], rows[f"saved_per_week:{TRACKED}"]
    # weeks 4 to 16 end from 7 April to 30 June: 13 weeks of 6 PMs, a quarter of an hour each
    assert (total["value"], total["numerator"], total["denominator"]) == (19.5, 78, 78)
    assert (total["ci_low"], total["ci_high"], total["n"], total["coverage"]) == (19.5, 19.5, 6, 1)
    assert per_week["value"] == pytest.approx(0.25) and total["reportable"]
    assert saved(before_and_after(75))[f"saved_hours:{TRACKED}"]["value"] == -19.5


def test_a_week_that_ends_on_the_first_day_of_the_next_quarter_is_of_the_next():
    # week 17 ends on 7 July: it begins in the second quarter and is no part of it
    history = before_and_after(45, weeks=range(4, 18))
    assert saved(history, "2025-10-01")[f"saved_hours:{TRACKED}"]["denominator"] == 78
    third = saved(history, "2025-10-01", "2025-07-01")[f"saved_hours:{TRACKED}"]
    assert (third["denominator"], third["value"]) == (6, 1.5)
    # of 13 weeks that end in the third quarter one has evidence
    assert third["coverage"] == pytest.approx(1 / 13) and third["reason"] == "coverage under 60 %"


def test_weeks_without_evidence_and_people_without_a_baseline_save_nothing():
    history = before_and_after(45, **{"pm-new": (monday(4), None)})
    newcomer = weekly({"Status": 1}, weeks=range(4, 17), people={"pm-new": None})
    gap = [e for e in history.entries if not (e.who == "pm-1" and e.start.date() >= monday(10))]
    rows = saved(replace(history, entries=gap + newcomer.entries))
    row = rows[f"saved_hours:{TRACKED}"]
    # pm-1 is seen in 6 of 13 weeks: 5 * 13 + 6 PM-weeks of 91 that were worked; the newcomer's 13 are seen too
    assert (row["denominator"], row["value"]) == (71, pytest.approx(71 / 4))
    assert row["coverage"] == pytest.approx(84 / 91)
    counted = rows[f"counted_weeks:{TRACKED}"]
    assert (counted["numerator"], counted["denominator"], counted["value"]) == (71, 91, 71 / 91)


def test_hours_saved_by_fewer_people_than_may_be_shown_are_not_told():
    four = {who: span for who, span in SIX.items() if who < "pm-5"}
    first, then = weekly({"Status": 60}, range(4), four), weekly({"Status": 30}, range(4, 17), four)
    row = saved(replace(first, entries=first.entries + then.entries))[f"saved_hours:{TRACKED}"]
    assert (row["value"], row["numerator"], row["denominator"]) == (None, None, None)
    assert row["reason"].startswith("fewer than 5 (4)")


def test_the_quarter_of_the_baseline_has_nothing_before_it_is_over():
    history = before_and_after(45)
    first = saved(history, start="2025-01-01")[f"saved_hours:{TRACKED}"]
    assert first["reason"] == "no complete week of the period comes after the baseline"
    later = replace(history, baselines={TRACKED: (monday(2), monday(6))})
    row = saved(later)[f"saved_hours:{TRACKED}"]
    # weeks 2 to 5 are the baseline: (60 + 60 + 45 + 45) / 4; eleven weeks follow
    assert row["denominator"] == 66 and row["value"] == pytest.approx(66 * (52.5 - 45) / 60)


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.soak) for n in (0, 2, 3))])
def test_hours_saved_are_what_a_plain_reading_of_random_histories_says(seed):
    history, as_of, seven = random_history(seed), monday(14), timedelta(days=7)
    rows = history.kpi(f"{as_of} 00:00", MODEL)
    compared = 0
    for evidence in ("calendar", TRACKED):
        hours = hours_of(history, evidence)
        managers = [who for who in history.people if who.startswith("pm")]
        first = min(e.start for e in history.entries if (e.tags is None) == (evidence == "calendar") and e.who in managers)  # fmt: skip
        first = first.replace(tzinfo=UTC).astimezone(ZoneInfo(history.zone))
        whole = [monday(n) for n in range(14) if monday(n) >= first.date()]
        baseline = whole[:4]
        if evidence in history.baselines:
            low, high = history.baselines[evidence]
            baseline = [w for w in whole if w >= low and w + seven <= high]

        def employed(who: str, week: date) -> bool:
            start, end = history.people[who]
            return (not start or start <= week) and (not end or week + timedelta(days=6) <= end)

        def sum_of(who: str, week: date, hours=hours) -> float:
            return sum(hours[who, week][category] for category in CATEGORIES)

        panel = {
            who: sum(sum_of(who, week) for week in baseline) / len(baseline)
            for who in managers
            if all((who, week) in hours and employed(who, week) for week in baseline)
        }
        weeks = [w for w in whole if w > baseline[-1] and date(2025, 4, 1) < w + seven]
        there = [(who, w) for who in managers for w in weeks if employed(who, w)]
        counted = [(who, w) for who, w in there if who in panel and (who, w) in hours]
        row = rows[f"saved_hours:{evidence}", "quarter", QUARTER]
        assert row["n"] == len({who for who, _ in counted})
        covered = [key for key in there if key in hours]
        assert row["coverage"] == pytest.approx(len(covered) / len(there))
        if row["n"] >= history.minimum:
            assert row["denominator"] == len(counted)
            assert row["value"] == pytest.approx(sum(panel[who] - sum_of(who, w) for who, w in counted))  # fmt: skip
            assert row["ci_low"] <= row["value"] <= row["ci_high"]
            compared += 1
    assert compared
