"""Traps of roadmaps: plans that are none, timeframes, confidence in three forms, evidence in a cell."""

from __future__ import annotations

import json

import pytest

from ingestion.load import IngestSettings

TABLE = "roadmap.items"


def deliver(lake, *items: dict, name: str = "roadmap.json", **settings):
    lake.settings = IngestSettings({"roadmap": {"projects": {"p": settings}}})
    return lake.deliver(json.dumps(list(items)), "roadmap", name)


def item(number: int = 1, **changes) -> dict:
    return {"item_id": f"R-{number}", "title": "T", "updated_at": "2024-03-04T10:00:00Z", **changes}


@pytest.mark.parametrize(
    ("changes", "plan"),
    [
        ({"start_date": "2024-03-01", "end_date": "2024-03-31"}, ("2024-03-01", "2024-03-31")),
        ({"start_date": "none", "end_date": "none"}, (None, None)),
        ({"timeframe": "Q2 2024"}, ("2024-04-01", "2024-06-30")),
        ({"timeframe": "Q2 2024", "end_date": "2024-05-01"}, (None, "2024-05-01")),
        ({"timeframe": "Later"}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_a_plan_is_days_or_a_timeframe_or_nothing(lake, changes, plan):
    deliver(lake, item(**changes))
    assert lake.rows(TABLE, "cast(start_on as varchar), cast(end_on as varchar)") == [plan]


@pytest.mark.parametrize(("written", "share"), [("80%", 0.8), (80, 0.8), (0.8, 0.8), (None, None)])
def test_confidence_is_a_share(lake, written, share):
    deliver(lake, item(confidence=written))
    assert lake.rows(TABLE, "confidence") == [(share,)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [(["a", "b"], '["a", "b"]'), ("a; b|c,", '["a", "b", "c"]'), ("none", "[]"), (None, "[]")],
)
def test_evidence_is_a_list_of_ids(lake, written, expected):
    deliver(lake, item(feedback=written))
    assert lake.rows(TABLE, "feedback_ids") == [(expected,)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"item_id": ""}, "TYPE"),
        ({"title": None}, "TYPE"),
        ({"reach": "many"}, "NUMBER"),
        ({"confidence": "high"}, "NUMBER"),
        ({"start_date": "03/04/2024"}, "TIME_FORMAT"),
        ({"start_date": "2024-04-01", "end_date": "2024-03-01"}, "NEGATIVE_DURATION"),
    ],
)
def test_an_item_that_cannot_be_used_costs_itself(lake, changes, code):
    report = deliver(lake, item(), item(2, **changes), item(3))
    assert (report.loaded, lake.codes()) == (2, {2: code})


def test_a_newer_list_of_the_same_name_replaces_the_older(lake):
    deliver(lake, item(), item(2))
    deliver(lake, item(title="New"))
    assert lake.rows(TABLE, "item_id, title") == [("R-1", "New")]


def test_case_051_a_list_without_titles_is_refused_and_can_be_mapped(lake):
    data = "item_id,Vorhaben,Reichweite\nR-1,Suche,10\n"
    report = lake.deliver(data, "roadmap", "r.csv")
    assert (report.reason, report.loaded) == ("HEADER", 0)
    columns = {"title": "Vorhaben", "reach": "Reichweite"}
    lake.settings = IngestSettings({"roadmap": {"projects": {"p": {"columns": columns}}}})
    assert lake.deliver(data, "roadmap", "r.csv").loaded == 1
    assert lake.rows(TABLE, "title, reach") == [("Suche", 10.0)]


def test_a_fiscal_timeframe_needs_the_fiscal_year(lake):
    report = deliver(lake, item(timeframe="FY25 Q1"))
    assert (report.status, report.reason) == ("rejected", "TIME_FORMAT")
    deliver(lake, item(timeframe="FY25 Q1"), fiscal_year_start=4)
    assert lake.rows(TABLE, "cast(start_on as varchar)") == [("2024-04-01",)]
