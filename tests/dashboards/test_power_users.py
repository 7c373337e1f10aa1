"""Concentration of use (standard question 22), worked out by hand."""

from __future__ import annotations

import pytest

from dashboards.answer import BadParameter
from dashboards.engine.statistics import wilson

# a: 3 active days and 6 events, b: 2 and 2, c: 1 and 1, d: 1 and 1; e only before the range, f only received a push.
EVENTS = [
    *(("a", "open", f"2024-05-0{day}T1{n}:00") for day in (1, 2, 3) for n in (0, 1)),
    ("b", "open", "2024-05-01T10:00"),
    ("b", "open", "2024-05-04T23:59"),
    ("c", "open", "2024-05-04T10:00"),
    ("d", "open", "2024-05-04T10:00"),
    ("e", "open", "2024-04-30T23:59"),
    ("f", "push", "2024-05-02T10:00"),
]
DAYS = {"as_of": "2024-05-05", "days": 4}


def test_active_days_tops_gini_and_power_users(world):
    with world(EVENTS, inactive=frozenset({"push"})) as asks:
        answer = asks("power_users", threshold=3, **DAYS)
        keys = ("active_days", "actors", "actors_at_least", "events")
        assert [tuple(row[key] for key in keys) for row in answer.rows] == [
            (1, 2, 4, 2),
            (2, 1, 2, 2),
            (3, 1, 1, 6),
            (4, 0, 0, 0),
        ]
        assert [row["share_at_least"] for row in answer.rows] == [1, 0.5, 0.25, 0]
        whole = answer.summary
        assert (whole["actors"], whole["events"], whole["active_days"]) == (4, 10, 7)
        assert (whole["power_users"], whole["power_user_share"]) == (1, 0.25)
        assert (whole["power_user_ci_low"], whole["power_user_ci_high"]) == wilson(1, 4)
        # sorted 1 1 2 6: 2 (1 + 2 + 6 + 24) / (4 * 10) - 5/4; sorted 1 1 2 3: 2 (1 + 2 + 6 + 12) / (4 * 7) - 5/4
        assert whole["gini_events"] == pytest.approx(0.4)
        assert whole["gini_active_days"] == pytest.approx(0.25)
        # each of the tops of four people is one person, rounded up
        assert [(t["percent"], t["actors"], t["share"]) for t in whole["tops"]] == [
            (1, 1, 0.6),
            (5, 1, 0.6),
            (10, 1, 0.6),
            (20, 1, 0.6),
        ]
        assert whole["tops"][0]["active_days_share"] == pytest.approx(3 / 7)
        named = asks("power_users", event="push", **DAYS)
        assert named.summary["actors"] == 1 and named.summary["gini_events"] == 0


def test_the_range_is_the_days_before_its_end_unless_from_is_given(world):
    with world(EVENTS, inactive=frozenset({"push"})) as asks:
        assert len(asks("power_users").rows) == 28
        ranged = asks("power_users", "2024-05-05", from_="2024-04-30", to="2024-05-05")
        assert len(ranged.rows) == 5 and ranged.summary["actors"] == 5
        assert ranged.summary["power_threshold_days"] == 2
        with pytest.raises(BadParameter, match="nearest is 4"):
            asks("power_users", threshold=5, **DAYS)


def test_a_top_under_the_minimum_group_is_suppressed_and_nobody_is_no_data(world):
    with world(EVENTS, settings={"minimum_group_size": 5}) as asks:
        answer = asks("power_users", **DAYS)
        assert {top["share"] for top in answer.summary["tops"]} == {None}
        assert "is suppressed" in " ".join(answer.caveats)
        empty = asks("power_users", "2024-04-01", days=3)
        assert [row["share"] for row in empty.rows] == [None] * 3
        assert empty.summary["gini_events"] is None and empty.summary["tops"] == []
        assert "Nobody was active" in " ".join(empty.caveats)
