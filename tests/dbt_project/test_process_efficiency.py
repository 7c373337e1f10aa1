"""K4: which time counts as what, and how hours of product managers changed, rule by rule and against a plain reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.dbt_project.process_time import (
    CATEGORIES,
    Answer,
    Entry,
    History,
    at,
    expected,
    hours_of,
    monday,
    random_history,
)

TRACKED = "time_tracking"
RULES = [
    ("status_updates", "title", "contains", "status"),
    ("status_updates", "tag", "equals", "status"),
    ("meeting_coordination", "title", "contains", "sync"),
]
SIX = {f"pm-{n}": (None, None) for n in range(1, 7)}
QUARTER = "2025-04-01"
AS_OF = "2025-07-01"


def weekly(minutes: dict[str, int], weeks=range(17), people=SIX, **more) -> History:
    """Everyone has one entry on each Monday at ten; `minutes` by title."""
    entries = [
        Entry(who, at(week, 0, "10:00"), spent, title)
        for who in people
        for week in weeks
        for title, spent in minutes.items()
    ]
    return History(entries, dict(people), RULES, **more)


def quarter(history: History, as_of: str = AS_OF) -> dict[str, dict]:
    """The rows of the second quarter by variant."""
    return {v: row for (v, p, start), row in history.kpi(as_of).items() if (p, start) == ("quarter", QUARTER)}  # fmt: skip


# An odd seed has a dated baseline for one evidence and the first four weeks for the other.
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (0, 2, 3, 4, 5))]
)
def test_k4_is_what_a_plain_reading_of_random_histories_says(seed):
    history = random_history(seed)
    as_of = monday(14)
    rows = history.kpi(f"{as_of} 00:00")
    hours = {evidence: hours_of(history, evidence) for evidence in ("calendar", TRACKED)}
    compared = 0
    for (variant, period, start), row in rows.items():
        reading, evidence, category = (*variant.split(":"), "")[:3]
        first = date.fromisoformat(start)
        month = first.month + (1 if period == "month" else 3)
        end = date(first.year, month, 1)
        wanted = expected(history, hours[evidence], evidence, (first, end), as_of)
        wanted = wanted[category or reading]
        shown = wanted["value"] if wanted["is_shown"] else None
        assert row["value"] == pytest.approx(shown, abs=1e-9), (variant, period, start)
        assert row["coverage"] == pytest.approx(wanted["coverage"]), (variant, period, start)
        assert row["n"] == wanted["n"]
        assert row["reportable"] == (shown is not None and wanted["coverage"] >= 0.6)
        if reading == "change" and shown is not None:
            assert (row["ci_low"], row["ci_high"]) == pytest.approx(wanted["interval"])
            compared += 1
    assert compared >= 2


def test_k4_the_change_is_the_last_four_weeks_against_the_first_four_on_the_same_people():
    history = weekly({"Status": 60}, weeks=range(4))
    later = weekly({"Status": 45}, weeks=range(4, 17))
    rows = quarter(replace(history, entries=history.entries + later.entries))
    change = rows[f"change:{TRACKED}"]
    assert change["value"] == pytest.approx(-0.25) and change["n"] == 6
    assert (change["ci_low"], change["ci_high"]) == pytest.approx((-0.25, -0.25))
    assert rows[f"hours:{TRACKED}"]["value"] == pytest.approx(0.75)
    assert rows[f"hours:{TRACKED}:status_updates"]["value"] == pytest.approx(0.75)
    # what no rule looks for is not measured; what a rule looked for and did not find is none
    row = rows[f"hours:{TRACKED}:data_requests"]
    assert (row["value"], row["reason"]) == (None, "time_categories.yml has no rule for data_requests")  # fmt: skip
    assert rows[f"hours:{TRACKED}:meeting_coordination"]["value"] == 0
    assert not any("calendar" in variant for variant in rows)


def test_k4_a_dated_baseline_is_its_whole_weeks():
    early, late = weekly({"Status": 60}, weeks=range(4)), weekly({"Status": 30}, weeks=range(4, 17))
    history = replace(early, entries=early.entries + late.entries)
    dated = replace(history, baselines={TRACKED: (monday(2), monday(6) + timedelta(days=6))})
    # weeks 2 to 5 lie inside, the seventh day of week 6 does not
    assert quarter(dated)[f"change:{TRACKED}"]["value"] == pytest.approx(30 / 45 - 1)
    assert quarter(history)[f"change:{TRACKED}"]["value"] == pytest.approx(-0.5)


def test_k4_overlap_of_two_categories_counts_once_to_the_first_declared():
    rows = quarter(weekly({"Sync": 60, "status": 30, "Status again": 45}))
    assert rows[f"hours:{TRACKED}:status_updates"]["value"] == pytest.approx(0.75)
    assert rows[f"hours:{TRACKED}:meeting_coordination"]["value"] == pytest.approx(0.25)
    assert rows[f"hours:{TRACKED}"]["value"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("day", "clock", "minutes", "hours"),
    [
        (0, "08:30", 60, 0.5),  # the half before nine does not count
        (0, "17:30", 60, 0.5),
        (0, "18:00", 60, 0),
        (5, "10:00", 60, 0),  # a Saturday
        (0, "17:00", 24 * 60, 9),  # an hour of Monday and eight of Tuesday
    ],
)
def test_k4_hours_are_clipped_to_working_hours(day, clock, minutes, hours):
    whole = weekly({"Customer call": 15})  # Mondays at ten, so that all weeks are whole
    entries = [Entry(who, at(week, day, clock), minutes, "status") for who in SIX for week in range(17)]  # fmt: skip
    rows = quarter(replace(whole, entries=[*whole.entries, *entries]))
    assert rows[f"hours:{TRACKED}"]["value"] == pytest.approx(hours)


def test_k4_working_hours_are_those_of_the_wall_clock_after_the_clocks_change():
    rows = quarter(weekly({"status": 60}, hours=(600, 630)))
    assert rows[f"hours:{TRACKED}"]["value"] == pytest.approx(0.5)


def test_k4_a_title_outside_the_rules_covers_a_week_and_has_no_hours():
    rows = quarter(weekly({"Customer call": 60}))
    hours = rows[f"hours:{TRACKED}"]
    assert (hours["value"], hours["coverage"], hours["n"]) == (0, 1, 6)
    change = rows[f"change:{TRACKED}"]
    assert change["value"] is None and change["reason"] == "the baseline has no hours in the four categories"  # fmt: skip


@pytest.mark.parametrize(("covered", "reportable"), [(6, True), (5, False)])
def test_k4_coverage_under_sixty_percent_is_not_reportable(covered, reportable):
    people = {f"pm-{n}": (None, None) for n in range(1, 11)}
    history = weekly({"status": 60}, people=dict(list(people.items())[:covered]))
    row = quarter(replace(history, people=people))[f"hours:{TRACKED}"]
    assert row["coverage"] == covered / 10
    assert (row["reportable"], row["reason"]) == (reportable, None if reportable else "coverage under 60 %")  # fmt: skip


def test_k4_four_people_are_fewer_than_the_group_that_may_be_shown():
    four = dict(list(SIX.items())[:4])
    row = quarter(weekly({"status": 60}, people=four))[f"hours:{TRACKED}"]
    assert (row["value"], row["n"], row["reason"]) == (None, 4, "fewer than 5 (4) with evidence")
    five = dict(list(SIX.items())[:5])
    assert quarter(weekly({"status": 60}, people=five))[f"hours:{TRACKED}"]["value"] == 1


@pytest.mark.parametrize(
    ("start", "end", "n"),
    [
        (monday(0), None, 6),
        (monday(0) + timedelta(days=1), None, 5),  # not there on the first Monday
        (None, monday(16) + timedelta(days=6), 6),
        (None, monday(16) + timedelta(days=5), 5),  # the last Sunday belongs to the week
    ],
)
def test_k4_the_panel_is_employed_in_all_eight_weeks(start, end, n):
    history = weekly({"status": 60})
    row = quarter(replace(history, people={**SIX, "pm-1": (start, end)}))[f"change:{TRACKED}"]
    assert row["n"] == n


def test_k4_one_week_without_evidence_leaves_the_panel():
    history = weekly({"status": 60})
    missed = [e for e in history.entries if (e.who, e.start) != ("pm-1", at(15, 0, "10:00"))]
    rows = quarter(replace(history, entries=missed))
    assert rows[f"change:{TRACKED}"]["n"] == 5
    assert rows[f"hours:{TRACKED}"]["n"] == 6 and rows[f"hours:{TRACKED}"]["coverage"] == 23 / 24


def test_k4_a_week_that_the_evidence_begins_in_is_not_complete():
    history = weekly({"status": 60}, weeks=range(1, 17))
    partial = [Entry(who, at(0, 3, "10:00"), 300, "status") for who in SIX]
    row = quarter(replace(history, entries=[*partial, *history.entries]))[f"change:{TRACKED}"]
    assert row["value"] == 0


def test_k4_a_week_counts_when_it_has_ended():
    history = weekly({"status": 60})
    just = history.kpi(
        "2025-03-30 21:59:59"
    )  # a second before Monday in Berlin: three weeks and six days
    row = just[f"hours:{TRACKED}", "quarter", "2025-01-01"]
    assert (row["value"], row["status"]) == (None, "pending")
    over = history.kpi("2025-03-30 22:00")[f"hours:{TRACKED}", "quarter", "2025-01-01"]
    assert over["value"] == 1 and over["reason"] is None


def test_k4_a_row_reads_the_weeks_that_end_in_its_period():
    rows = weekly({"status": 60}).kpi(AS_OF)
    # March has four whole weeks; the one of 31 March ends in April
    assert rows[f"hours:{TRACKED}", "month", "2025-03-01"]["value"] == 1
    change = rows[f"change:{TRACKED}", "month", "2025-03-01"]
    assert change["value"] is None and change["reason"].startswith("fewer than 5 (0)")


def test_k4_without_rules_it_says_so():
    row = quarter(replace(weekly({"status": 60}), rules=[]))[f"hours:{TRACKED}"]
    assert row["value"] is None
    assert row["reason"] == "time_categories.yml declares no rule for the four categories"


def test_k4_each_evidence_is_told_apart():
    tracked = weekly({"status": 60})
    meetings = [replace(e, minutes=30, tags=None) for e in tracked.entries]
    rows = quarter(replace(tracked, entries=[*tracked.entries, *meetings]))
    assert rows["hours:calendar"]["value"] == 0.5 and rows[f"hours:{TRACKED}"]["value"] == 1


def test_k4_the_rule_that_decided_is_kept_with_the_entry():
    history = History(
        [
            Entry("pm-1", at(0, 0, "10:00"), 60, "Weekly STATUS sync"),
            Entry("pm-1", at(0, 1, "10:00"), 60, "Call", ("Status",)),
            Entry("pm-1", at(0, 2, "10:00"), 60, "Call"),
        ],
        {"pm-1": (None, None)},
        RULES,
    )
    with history.told() as con:
        told = con.execute("select category, rule, seconds from fct_time_entries order by start_at")
        assert told.fetchall() == [
            ("status_updates", "title contains “status”", 3600),
            ("status_updates", "tag equals “status”", 3600),
            (None, None, 3600),
        ]


def pulses(hours, weeks=range(17), people=SIX, source="typeform") -> History:
    """Everyone answers on Friday at four how many hours went to each category."""
    told = [
        Answer(who, at(week, 4, "16:00"), dict(zip(CATEGORIES, hours, strict=True)), source)
        for who in people
        for week in weeks
    ]
    return History(pulse=told, people=dict(people))


@pytest.mark.parametrize("source", ["typeform", "surveymonkey", "qualtrics"])
def test_k4_a_pulse_survey_is_an_evidence_of_its_own(source):
    # as a number or as typed
    written = (1, 2, 0.5, 0) if source == "typeform" else ("1", " 2 ", "0,5", "0")
    history = pulses(written, source=source)
    rows = quarter(history)
    assert rows["hours:survey"]["value"] == pytest.approx(3.5)
    assert rows["hours:survey:tool_configuration"]["value"] == pytest.approx(0.5)
    if source != "qualtrics":
        assert rows["change:survey"]["value"] == pytest.approx(0)
    # qualtrics asks for the week before: the last of the four has no answer
    told = 3 / 4 if source == "qualtrics" else 1
    assert rows["hours:survey"]["coverage"] == told
    assert rows["change:survey"]["n"] == (0 if source == "qualtrics" else 6)
    assert {variant.split(":")[1] for variant in rows} == {"survey"}


def test_k4_of_a_week_the_last_whole_answer_counts_and_a_blank_is_not_zero():
    history = pulses((1, 1, 1, 1))
    said = dict(zip(CATEGORIES, (2, 2, 2, 2), strict=True))
    more = [
        Answer("pm-1", at(16, 4, "17:00"), said),  # later in that week, and whole
        Answer("pm-2", at(16, 4, "17:00"), {**said, "data_requests": "a lot"}),
        Answer("pm-3", at(16, 4, "17:00"), {"status_updates": 9}),
        Answer("pm-4", at(16, 4, "17:00"), {**said, "status_updates": 200}),  # no week has them
        Answer("nobody", at(16, 4, "17:00"), said),
    ]
    rows = quarter(replace(history, pulse=[*history.pulse, *more]))
    # 24 PM-weeks of four hours, one of them of eight
    assert rows["hours:survey"]["value"] == pytest.approx(4 + 4 / 24)
    silent = [answer for answer in history.pulse if answer.at < at(16, 0, "00:00")]
    missed = quarter(replace(history, pulse=[*silent, *more]))["hours:survey"]
    assert missed["coverage"] == pytest.approx(19 / 24) and missed["n"] == 6


def test_k4_without_any_evidence_it_says_what_is_missing():
    ((variant, _, _), row), *rest = History(people=dict(SIX)).kpi("2025-07-01").items()
    assert variant == "change" and {key[0] for key, _ in rest} <= {"change"}
    assert (row["value"], row["reportable"]) == (None, False)
    assert row["reason"] == "no calendar, time tracking or pulse survey of product managers"


def test_k10_a_pulse_cannot_tell_what_a_process_costs():
    history = replace(pulses((1, 1, 1, 1)), processes={"rite": (monday(5), "rite", ("status_updates",))})  # fmt: skip
    assert history.kpi("2025-07-01", "kpi_impact_ledger") == {}
