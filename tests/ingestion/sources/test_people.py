"""Traps of people lists: keys, days, headers, one person twice."""

from __future__ import annotations

import json

import pytest

from ingestion.load import IngestSettings

TABLE = "people.people"
HEAD = "person_id,name,email,role,area,start_date,end_date,github_login"
GOOD = "pm-01,PM 01,pm01@example.com,pm,growth,2023-01-09,,pm01"


def test_the_columns_of_people_yml_make_the_csv(lake):
    assert lake.deliver(f"{HEAD}\n{GOOD}\n", "people", "p.csv").loaded == 1
    query = "person_id, role, area, cast(start_date as varchar), end_date, github_login"
    assert lake.rows(TABLE, query) == [("pm-01", "pm", "growth", "2023-01-09", None, "pm01")]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",PM,p@example.com,pm,growth,2023-01-09,,", "TYPE"),
        ("p,PM,p@example.com,pm,growth,2023-01-09,2023-01-08,", "NEGATIVE_DURATION"),
        ("p,PM,p@example.com,pm,growth,01/09/2023,,", "TIME_FORMAT"),
        ("p,PM,p@example.com,pm,growth,2023-01-09", "COLUMN_COUNT"),
        ("1.23457E+12,PM,,pm,,,,", "EXCEL_MANGLED_ID"),
    ],
)
def test_a_person_who_cannot_be_used_costs_one_row(lake, row, code):
    report = lake.deliver(f"{HEAD}\n{GOOD}\n{row}\n", "people", "p.csv")
    assert (report.loaded, lake.codes()) == (1, {3: code})


def test_case_051_headers_by_alias_by_mapping_and_not_at_all(lake):
    data = "Employee ID,Full Name,Work Email,Job Title\n7,P,p@example.com,PM\n"
    assert lake.deliver(data, "people", "a.csv").loaded == 1
    other = "Kennung,Rolle\n8,pm\n"
    assert lake.deliver(other, "people", "b.csv").reason == "HEADER"
    columns = {"person_id": "Kennung", "role": "Rolle"}
    lake.settings = IngestSettings({"people": {"projects": {"p": {"columns": columns}}}})
    assert lake.deliver(other, "people", "b.csv").loaded == 1
    assert lake.rows(TABLE, "person_id, role") == [("7", "PM"), ("8", "pm")]


def test_a_newer_list_of_the_same_name_replaces_the_older(lake):
    lake.deliver(f"{HEAD}\n{GOOD}\npm-02,B,,pm,,,,\n", "people", "p.csv")
    report = lake.deliver(f"{HEAD}\n{GOOD.replace('growth', 'core')}\n", "people", "p.csv")
    assert report.loaded == 1
    assert lake.rows(TABLE, "person_id, area") == [("pm-01", "core")]


def test_one_person_twice_is_one_and_the_conflict_is_told(lake):
    people = [{"person_id": "a", "role": "pm"}, {"person_id": "a", "role": "analyst"}]
    report = lake.deliver(json.dumps(people), "people", "p.json")
    assert (report.loaded, report.duplicate) == (1, 1)
    assert report.warnings.get("ID_CONFLICT") == 1
