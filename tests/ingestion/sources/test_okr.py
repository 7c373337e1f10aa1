"""Traps of key results: percent forms, results that should go down, periods of fiscal years."""

from __future__ import annotations

import pytest
from literal_exports import fixture

from ingestion.load import IngestSettings

TABLE = "okr.key_results"
HEAD = "objective_id,objective,key_result_id,key_result,owner,period_start,period_end,baseline,target,current,unit,as_of"


def row(values: str = "40,20,31", unit: str = "tickets", period: str = "Q1 2024,Q1 2024", as_of: str = "2024-03-04") -> str:  # fmt: skip
    return f"O1,Answers,KR2,Tickets,ops-01,{period},{values},{unit},{as_of}"


def deliver(lake, *rows: str, head: str = HEAD, name: str = "okr.csv", **settings):
    lake.settings = IngestSettings({"okr": {"projects": {"p": settings}}})
    return lake.deliver("\n".join([head, *rows]) + "\n", "okr", name)


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        ("45%,90%,61%", "", (0.45, 0.9, 0.61, "percent")),
        ("45%,90%,61%", "percent", (0.45, 0.9, 0.61, "percent")),
        ("0.45,0.9,0.61", "%", (0.45, 0.9, 0.61, "percent")),
        ("45,90,61", "%", (0.45, 0.9, 0.61, "percent")),
        ("40,20,", "tickets", (40.0, 20.0, None, "tickets")),
        ("40,20,n/a", "tickets", (40.0, 20.0, None, "tickets")),
        ("0.45,45,1", "", (0.45, 45.0, 1.0, None)),
    ],
)
def test_percentages_are_shares_and_other_units_are_left_alone(lake, values, unit, expected):
    deliver(lake, row(values, unit))
    assert lake.rows(TABLE, "baseline, target, current, unit") == [expected]


@pytest.mark.parametrize(
    ("values", "direction"), [("40,20,31", "down"), ("20,40,31", "up"), ("20,20,20", "hold")]
)
def test_the_direction_is_from_baseline_to_target(lake, values, direction):
    deliver(lake, row(values))
    assert lake.rows(TABLE, "direction") == [(direction,)]


def test_a_told_direction_wins_and_an_unknown_one_is_refused(lake):
    head = HEAD + ",direction"
    report = deliver(lake, row("20,20,20") + ",decrease", row() + ",sideways", head=head)
    assert (report.loaded, lake.codes()) == (1, {3: "TYPE"})
    assert lake.rows(TABLE, "direction") == [("down",)]


def test_fiscal_periods_need_the_fiscal_year(lake):
    report = deliver(lake, row(period="FY24 Q1,FY24 Q1"))
    assert (report.status, report.reason) == ("rejected", "TIME_FORMAT")
    assert "fiscal_year_start" in report.message
    deliver(lake, row(period="FY24 Q1,FY24 Q2"), fiscal_year_start=2)
    assert lake.rows(TABLE, "cast(period_start as varchar), cast(period_end as varchar)") == [("2023-02-01", "2023-07-31")]  # fmt: skip


def test_the_period_may_stand_in_one_column(lake):
    head = HEAD.replace("period_start,period_end", "period")
    deliver(lake, row(period="Q2 2024"), head=head)
    assert lake.rows(TABLE, "cast(period_start as varchar), cast(period_end as varchar)") == [("2024-04-01", "2024-06-30")]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"values": "40,twenty,31"}, "NUMBER"),
        ({"values": '"1,000",20,31'}, "NUMBER"),
        ({"values": "45%,20,31"}, "NUMBER"),  # a percentage of tickets
        ({"as_of": "03/04/2024"}, "TIME_FORMAT"),
        ({"as_of": ""}, "TIME_FORMAT"),
        ({"period": "soon,later"}, "TIME_FORMAT"),
        ({"period": "2024-04-01,2024-01-01"}, "NEGATIVE_DURATION"),
    ],
)
def test_a_key_result_that_cannot_be_used_costs_one_row(lake, changes, code):
    good = row().replace("KR2", "KR1")
    report = deliver(lake, good, row(**changes))
    assert (report.loaded, lake.codes()) == (1, {3: code})


def test_slashed_days_are_read_by_the_declared_order(lake):
    deliver(lake, row(as_of="03/04/2024"), date_order="dmy")
    assert lake.rows(TABLE, "cast(as_of as varchar)") == [("2024-04-03",)]


def test_readings_of_several_days_are_kept_and_the_file_is_a_snapshot(lake):
    deliver(lake, row(), row(as_of="2024-03-11"))
    assert lake.rows(TABLE, "cast(as_of as varchar)") == [("2024-03-04",), ("2024-03-11",)]
    deliver(lake, row(as_of="2024-03-18"))
    assert lake.rows(TABLE, "cast(as_of as varchar)") == [("2024-03-18",)]


@pytest.mark.parametrize("lacking", ["key_result_id", "as_of", "unit", "period_end"])
def test_case_051_required_columns(lake, lacking):
    head = HEAD.replace(lacking, "other")
    report = deliver(lake, row(), head=head)
    assert (report.reason, report.loaded) == ("HEADER", 0)
    assert lacking in report.message


def test_the_literal_list_is_read(lake):
    lake.settings = IngestSettings({"okr": {"projects": {"p": {"fiscal_year_start": 2}}}})
    assert lake.deliver(fixture("okr/okrs.csv"), "okr", "x.csv").loaded == 3
