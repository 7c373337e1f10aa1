"""The acceptance history: twelve events of four people whose answers were worked out by hand."""

from __future__ import annotations

import pytest

RANGE = {"from_": "2024-03-04", "to": "2024-03-13"}
AS_OF = "2024-03-13"
DAYS = [f"2024-03-{day:02d}" for day in range(4, 13)]


def test_active_users_by_day(history):
    answer = history("active_users", AS_OF, **RANGE, period="day")
    assert [row["period_start"] for row in answer.rows] == DAYS
    assert [row["active"] for row in answer.rows] == [2, 3, 2, 0, 0, 0, 0, 0, 1]
    assert [row["new"] for row in answer.rows] == [2, 1, 1, 0, 0, 0, 0, 0, 0]
    assert [row["wau"] for row in answer.rows] == [2, 3, 4, 4, 4, 4, 4, 4, 3]
    assert all(row["complete"] for row in answer.rows)


def test_retention_on_and_on_or_after(history):
    rows = history("retention", AS_OF, horizon=7, **RANGE).rows
    cells = {(row["cohort_start"], row["interval"]): row["retained"] for row in rows}
    assert [cells[("2024-03-04", n)] for n in range(4)] == [2, 2, 1, 0]
    assert cells[("2024-03-05", 7)] == 1
    mean = {
        r["interval"]: (r["cohort_size"], r["retained"]) for r in rows if r["cohort_start"] is None
    }
    assert [mean[n] for n in (0, 1, 2, 7)] == [(4, 4), (4, 2), (4, 1), (3, 1)]
    rows = history("retention", AS_OF, mode="on_or_after", horizon=7, **RANGE).rows
    mean = {
        r["interval"]: (r["cohort_size"], r["retained"]) for r in rows if r["cohort_start"] is None
    }
    assert [mean[n] for n in (1, 2, 7)] == [(4, 3), (4, 2), (3, 1)]


@pytest.mark.parametrize(
    ("more", "reached"),
    [
        ({"window": "7d"}, [4, 4, 2]),
        ({"window": "6d"}, [4, 3, 2]),
        ({"window": "7d", "order": "any"}, [4, 4, 3]),
        ({"window": "7d", "order": "strict"}, [4, 3, 2]),
    ],
)
def test_funnels(history, more, reached):
    answer = history("funnel", AS_OF, steps=["signup", "view", "buy"], **more, **RANGE)
    assert [row["reached"] for row in answer.rows] == reached


def test_funnel_times(history):
    row = history("funnel", AS_OF, steps=["signup", "view", "buy"], window="7d", **RANGE).rows[1]
    assert row["median_seconds"] == pytest.approx(750)
    assert row["mean_seconds"] == pytest.approx(151590)


def test_pending_is_not_dropped(history):
    rows = history("funnel", "2024-03-09", steps=["signup", "view"], window="7d", **RANGE).rows
    assert (rows[0]["reached"], rows[1]["reached"], rows[1]["pending"], rows[1]["dropped"]) == (
        4,
        3,
        1,
        0,
    )


def test_feature_usage_of_an_event(history):
    row = history("feature_usage", AS_OF, event="buy", **RANGE).rows[0]
    assert (row["actors"], row["active_actors"], row["events"], row["share"]) == (3, 4, 3, 0.75)


def test_sessions_span_midnight(history):
    rows = {
        row["period_start"]: row["sessions"]
        for row in history("sessions", AS_OF, period="day", **RANGE).rows
    }
    assert [rows[f"2024-03-{day:02d}"] for day in (4, 5, 6, 7, 12)] == [2, 2, 2, 0, 1]


def test_stickiness(history):
    rows = {
        r["units_active"]: (r["actors_exactly"], r["actors_at_least"])
        for r in history("stickiness", AS_OF, unit="day", **RANGE).rows
    }
    assert [rows[n] for n in (1, 2, 3)] == [(1, 4), (2, 3), (1, 1)]


def test_lifecycle(history):
    rows = {
        r["period_start"]: tuple(r[k] for k in ("new", "current", "resurrected", "dormant"))
        for r in history("lifecycle", AS_OF, period="day", **RANGE).rows
    }
    assert [rows[f"2024-03-{day:02d}"] for day in (4, 5, 6, 7, 12)] == [
        (2, 0, 0, 0),
        (1, 2, 0, 0),
        (1, 1, 0, 2),
        (0, 0, 0, 2),
        (0, 0, 1, 0),
    ]


def test_an_answer_carries_its_whole_envelope(history):
    found = history("active_users", AS_OF, **RANGE).to_dict()
    assert list(found) == [
        "question",
        "params",
        "columns",
        "rows",
        "summary",
        "definition",
        "definition_version",
        "data_version",
        "freshness",
        "quality",
        "sql",
        "caveats",
    ]
    assert found["params"] == {
        "period": "day",
        "event": None,
        "mau_days": 28,
        "new_is": "first_counted",
        "breakdown": None,
        "property_of": "event",
        "dialect": "default",
        "from": "2024-03-04",
        "to": "2024-03-13",
        "project": None,
        "source": None,
        "where": None,
        "as_of": AS_OF,
    }
    assert "fct_person_days" in found["sql"] and "-- parameters:" in found["sql"]
    assert found["quality"]["input_events"] == 12
    assert found["data_version"] == "v1"
