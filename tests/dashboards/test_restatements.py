"""An answer whose past was restated lately says so, with the old number, the new one and why."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.answer import BadParameter
from dashboards.restated import change, kpi_note, lines, note, now, was, why
from dashboards.snapshots.corrections import corrections
from dashboards.snapshots.receipt import Receipt
from dashboards.widgets.restated import changes


def row(**more: Any) -> dict[str, Any]:
    return {
        "metric": "active_people",
        "subject": "",
        "unit": "people",
        "period": "day",
        "period_start": "2024-03-05",
        "old": 2,
        "new": 3,
        "cause": "late_events",
        "detail": "arrived later: late.ndjson (events · default)",
        "version": "v12",
        "previous_version": "v11",
        "at": "2024-03-13T06:00:00",
        "measured_from": "fct_events",
        **more,
    }


EVENTS = [("u1", "open", f"2024-03-{day:02d}T10:00") for day in range(1, 13)]
KPI = row(
    metric="K1",
    subject="within_15m",
    unit="share",
    period="month",
    period_start="2024-02-01",
    old=0.5,
    new=0.62,
    cause="redelivery,merge",
    version="v12",
    measured_from="kpi_data_access_time",
)
DAYS = {"from_": "2024-03-04", "to": "2024-03-08"}


@pytest.fixture
def asks(world):
    """A version v12 whose ledger holds a bit of each."""
    ledger = [
        row(),
        row(metric="events", old=20, new=31),
        row(period_start="2024-03-06", old=5, new=4, version="v9"),
        row(period_start="2024-03-06", old=4, new=6, version="v10"),
        row(period="month", period_start="2024-03-01", old=40, new=41),
        row(metric="source_events", subject="events", unit="events", old=7, new=9),
        row(period_start="2024-03-07", version="v2"),
        row(
            metric="experiment_units",
            subject="exp-1",
            period="total",
            measured_from="fct_exposures",
        ),
        KPI,
    ]
    arms = [
        {
            "experiment_id": "exp-1",
            "project": "default",
            "unit_id": f"u{n}",
            "variant": arm,
            "exposed_at": "2024-03-05",
        }
        for n, arm in enumerate(("control", "treatment"))
    ]
    tables = {
        "dim_experiments": [{"experiment_id": "exp-1", "control": "control"}],
        "fct_exposures": arms,
    }
    with world(EVENTS, ledger=ledger, version="v12", tables=tables) as opened:
        yield opened


def test_an_answer_names_old_new_and_why_of_its_restated_days(asks):
    answer = asks("active_users", **DAYS)
    (caveat,) = [text for text in answer.caveats if text.startswith("Restated")]
    assert caveat == (
        "Restated in v12: Active people, 5 Mar 2024: 2 → 3 (late events), and 2 more; "
        "the question restatements tells each."
    )
    found = [
        (r["metric"], str(r["period_start"]), r["old"], r["new"], r["version"])
        for r in answer.quality["restated"]
    ]
    assert found == [
        ("active_people", "2024-03-05", 2, 3, "v12"),
        ("events", "2024-03-05", 20, 31, "v12"),
        # Restated twice: as it was last. What v2 restated is long told.
        ("active_people", "2024-03-06", 4, 6, "v10"),
    ]
    assert '"restated"' in answer.to_json()


def test_only_restatements_of_its_own_periods_and_subject_touch_an_answer(asks):
    def told(question: str, **params: Any) -> list[tuple[str, float]]:
        rows = asks(question, **params).quality["restated"]
        return [(r["metric"], r["new"]) for r in rows]

    assert told("active_users", from_="2024-03-08", to="2024-03-10") == []
    assert told("active_users", period="month", from_="2024-03-01", to="2024-04-01") == [
        ("active_people", 41)
    ]
    assert told("active_users", source="events", **DAYS) == [("source_events", 9)]
    # Retention of the cohorts of 4 March looks at what they did on 5 and 6 March.
    assert len(told("retention", from_="2024-03-04", to="2024-03-05")) == 3
    assert told("lifecycle", **DAYS) == told("active_users", **DAYS)
    assert told("data_health") == []
    assert told("experiment_result", experiment="exp-1") == [("experiment_units", 3)]
    assert told("kpis", period="month") == [("K1", 0.62)]
    assert told("kpis", period="quarter") == []
    assert told("kpis", period="month", kpi="K2") == []


def test_an_answer_without_restatements_says_nothing_of_them(world):
    with world(EVENTS) as asks:
        answer = asks("active_users", **DAYS)
    assert answer.quality["restated"] == []
    assert not any(text.startswith("Restated") for text in answer.caveats)


def test_the_ledger_is_asked_by_version_cause_source_and_time(asks):
    assert len(asks("restatements").rows) == 9
    assert {r["version"] for r in asks("restatements", version="v12").rows} == {"v12"}
    assert [r["metric"] for r in asks("restatements", cause="merge").rows] == ["K1"]
    assert [r["metric"] for r in asks("restatements", source="events").rows] == ["source_events"]
    days = asks("restatements", from_="2024-03-06", to="2024-03-07").rows
    assert [(r["old"], r["new"], r["change"]) for r in days] == [(4, 6, 2), (5, 4, -1)]
    assert asks("restatements", as_of="2024-03-13T05:00:00").rows == []
    assert asks("restatements", metric="K1").summary == {
        "restatements": 1,
        "versions": 1,
        "last_version": "v12",
        "last_at": asks("restatements", metric="K1").rows[0]["at"],
    }
    with pytest.raises(BadParameter, match="nearest is `active_people`"):
        asks("restatements", metric="active_peple")
    with pytest.raises(BadParameter, match="takes no `project`"):
        asks("restatements", project="default")


def test_rows_of_one_number_and_cause_are_one_line_with_its_largest_change():
    days = [
        row(),
        row(period_start="2024-03-06", old=10, new=11),
        row(period_start="2024-03-07", old=10, new=20),
        row(metric="events", unit="events", old=1000, new=1200),
        row(metric="events", unit="events", old=500, new=490, period_start="2024-03-09"),
    ]
    found = lines([*days, KPI, row(version="v11", period="total", metric="people")])
    assert [line.sentence for line in found] == [
        "K1 Within 15 minutes, Feb 2024: 50.0% → 62.0% (delivered again, merged people)",
        "Active people, 7 Mar 2024 and 2 more days: 10 → 20 (late events)",
        "Events, 2 days of 5–9 Mar 2024: 1,500 → 1,690 (late events)",
        "People in all, up to 5 Mar 2024: 2 → 3 (late events)",
    ]
    assert (was(KPI), now(KPI), change(KPI)) == ("50.0%", "62.0%", "+12.0 pp")
    wait = row(unit="seconds", old=90.0, new=60.0)
    assert (was(wait), now(wait), change(wait)) == ("1:30", "1:00", "−30 s")
    gone = row(old=5, new=None)
    assert (was(gone), now(gone), change(gone)) == ("5", "–", "–")
    assert why(row(cause="rollback")) == "rollback"
    # What went up on one day and down on another is told by one of them.
    swaps = [
        row(metric="events", old=3, new=4),
        row(metric="events", old=4, new=3, period_start="2024-03-08"),
    ]
    (line,) = lines(swaps)
    assert line.sentence == "Events, 5 Mar 2024 and 1 more day: 3 → 4 (late events)"
    # Many readings of a KPI are one line, which its lead tells.
    readings = [{**KPI, "subject": "worst_pm", "new": 0.1}, KPI, {**KPI, "subject": "self_serve"}]
    (line,) = lines([*readings, {**KPI, "period_start": "2024-01-01"}])
    assert line.sentence == (
        "K1 Within 15 minutes, Feb 2024 and 3 more readings: 50.0% → 62.0% (delivered again, merged people)"
    )


def receipt(period: str, version: str = "v9") -> Receipt:
    return Receipt(period, version, None, None, "complete", [], {}, "")


def test_case_163_a_snapshot_names_what_was_restated_of_its_period_since(asks):
    rows = asks("restatements").rows
    # The week of 4 March: its days, and of months the last that was over. What v9 itself restated it tells as it is.
    assert corrections(receipt("2024-W10"), rows) == [
        "K1 Within 15 minutes, Feb 2024: 50.0% → 62.0% (delivered again, merged people), in v12",
        "Active people, 5 Mar 2024: 2 → 3 (late events), in v12",
        "Events, 5 Mar 2024: 20 → 31 (late events), in v12",
        "Events of events, 5 Mar 2024: 7 → 9 (late events), in v12",
        "Active people, 6 Mar 2024: 4 → 6 (late events), in v10",
    ]
    assert [text.split(":")[0] for text in corrections(receipt("2024-03"), rows)][:2] == [
        "Active people, 5 Mar 2024",
        "Active people, Mar 2024",
    ]
    assert corrections(receipt("2024-W10", "v12"), rows) == []
    assert corrections(receipt("2024-W05"), rows) == []


def test_a_point_a_row_and_a_tile_say_what_they_were_before(asks):
    days = asks("active_users", **DAYS)
    assert note(days, "active", "2024-03-05", "day") == "was 2 until v12 (late events)"
    assert note(days, "active", "2024-03-04", "day") == ""
    assert note(days, "mau", "2024-03-05", "day") == ""
    weeks = asks("active_users", period="week", from_="2024-03-04", to="2024-03-11")
    # Of a week the ledger knows the days.
    assert note(weeks, "active", "2024-03-04", "week") == (
        "5 Mar 2024 was 2, is 3 (late events), and 1 more day"
    )
    kpis = asks("kpis", period="month")
    told = {"kpi": "K1", "variant": "within_15m", "period_start": "2024-02-01"}
    assert kpi_note(kpis, told) == "was 50.0% until v12 (delivered again, merged people)"
    assert kpi_note(kpis, {**told, "variant": "self_serve"}) == ""


def test_the_list_of_changes_shows_events_of_the_only_source_once_and_names_stay_text():
    rows = [
        row(
            metric="events",
            unit="events",
            detail="arrived later: <b>x</b>.ndjson (events · default)",
        ),
        row(metric="source_events", subject="events", unit="events"),
        row(
            metric="events", unit="events", period_start="2024-03-06", cause="unknown", detail=None
        ),
    ]
    drawn = changes(rows)
    assert "Events of events" not in drawn
    assert "Arrived later: &lt;b&gt;x&lt;/b&gt;.ndjson" in drawn and "<b>" not in drawn
    assert "Cause unknown" in drawn
    two = changes([*rows, row(metric="source_events", subject="mixpanel", unit="events")])
    assert "Events of mixpanel" in two and "Events of events" in two
    assert "And 1 more." in changes(rows, most=1)
