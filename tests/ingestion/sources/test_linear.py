"""Traps of Linear's CSV: short rows, headers of many widths, two ways to write a time."""

from __future__ import annotations

import json

import pytest
from literal_exports import fixture

from ingestion.load import IngestSettings

TABLE = "linear.issues"
HEAD = "ID,Team,Title,Status,Creator,Assignee,Labels,Created,Updated,Completed"


def row(number: int, created: str = "2024-05-14T08:53:33Z", labels: str = "") -> str:
    return f'APP-{number},App,T,Todo,a,b,"{labels}",{created},{created},'


def test_short_rows_are_quarantined_never_shifted(lake):
    data = "\n".join([HEAD, row(1), "APP-2,App,T,Todo,a", row(3)])
    report = lake.deliver(data, "linear", "x.csv")
    assert (report.loaded, lake.codes()) == (2, {3: "COLUMN_COUNT"})
    assert lake.raw_of("COLUMN_COUNT") == b"APP-2,App,T,Todo,a"


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2024-05-14T08:53:33Z", "2024-05-14 08:53:33"),
        ("2026-09-01T10:00:00.000Z", "2026-09-01 10:00:00"),
        ("Tue May 14 2024 10:53:33 GMT+0200 (CEST)", "2024-05-14 08:53:33"),
        ("Fri Oct 02 2026 17:00:00 GMT+0000", "2026-10-02 17:00:00"),
    ],
)
def test_iso_and_script_dates_are_read(lake, written, utc):
    lake.deliver(f"{HEAD}\n{row(1, written)}\n", "linear", "x.csv")
    assert lake.rows(TABLE, "cast(created_at as varchar)") == [(utc,)]


@pytest.mark.parametrize("written", ["05/14/2024", "Tue May 14 2024", "Tue Mai 14 2024 10:53:33 GMT+0200"])  # fmt: skip
def test_any_other_time_costs_its_row(lake, written):
    report = lake.deliver(f"{HEAD}\n{row(1)}\n{row(2, written)}\n", "linear", "x.csv")
    assert (report.loaded, lake.codes()) == (1, {3: "TIME_FORMAT"})


def test_labels_stand_in_one_cell(lake):
    lake.deliver(f"{HEAD}\n{row(1, labels='Bug, Customer ,')}\n", "linear", "x.csv")
    assert lake.rows(TABLE, "labels") == [('["Bug", "Customer"]',)]


def test_columns_of_newer_exports_are_kept(lake):
    lake.deliver(fixture("linear/issues_34.csv"), "linear", "x.csv")
    ((properties,),) = lake.rows(TABLE, "properties")
    assert properties == '{"Time in status (minutes)": "1440", "Related to": "APP-12"}'


def test_the_latest_update_wins_whatever_the_order(lake):
    old = f"{HEAD}\nAPP-1,App,T,Todo,a,b,,2024-05-14T08:53:33Z,2024-05-14T08:53:33Z,\n"
    new = f"{HEAD}\nAPP-1,App,T,Done,a,b,,2024-05-14T08:53:33Z,2024-05-15T08:53:33Z,\n"
    assert lake.deliver(new, "linear", "b.csv").loaded == 1
    report = lake.deliver(old, "linear", "a.csv")
    assert (report.loaded, report.duplicate) == (0, 1)


def test_case_051_a_header_without_id_is_refused_and_a_translated_one_can_be_mapped(lake):
    data = "Kennung,Team,Titel,Status,Created\nAPP-1,A,T,Todo,2024-05-14T08:53:33Z\n"
    report = lake.deliver(data, "linear", "x.csv")
    assert (report.reason, report.loaded) == ("HEADER", 0)
    columns = {"issue_id": "Kennung", "title": "Titel"}
    lake.settings = IngestSettings({"linear": {"projects": {"p": {"columns": columns}}}})
    assert lake.deliver(data, "linear", "x.csv").loaded == 1


def test_issues_of_the_api_carry_their_history_and_a_cut_one_is_none(lake):
    def node(number: int, is_cut: bool, **more) -> dict:
        history = [
            {
                "id": "h1",
                "createdAt": "2024-05-15T08:00:00.000Z",
                "fromState": {"name": "Todo"},
                "toState": {"name": "In Progress"},
                "fromAssignee": None,
                "toAssignee": None,
            },
            {
                "id": "h2",
                "createdAt": "2024-05-16T08:00:00.000Z",
                "fromState": None,
                "toState": None,
                "fromAssignee": {"id": "u1", "name": "Ann", "email": "ann@acme.test"},
                "toAssignee": None,
            },
            {"id": "h3", "createdAt": "2024-05-17T08:00:00.000Z", "addedLabelIds": ["x"]},
        ]
        return {
            "id": f"uuid-{number}", "identifier": f"APP-{number}", "title": "T", "team": {"key": "APP"}, "state": {"name": "In Progress", "type": "started"},
            "labels": {"nodes": [{"name": "Bug"}, {"name": "Customer"}]}, "creator": {"name": "Ann", "email": "ann@acme.test"}, "assignee": None, "priorityLabel": "High",
            "createdAt": "2024-05-14T08:53:33.000Z", "updatedAt": "2024-05-17T08:00:00.000Z", "completedAt": None, "projectMilestone": {"id": "m", "name": "2.0"},
            "history": {"nodes": history, "pageInfo": {"hasNextPage": is_cut}}, "url": "https://linear.test/APP-1", **more,
        }  # fmt: skip

    page = {"nodes": [node(1, False), node(2, True)], "pageInfo": {"hasNextPage": False}}
    assert lake.deliver(json.dumps(page), "linear", "issues.json").loaded == 2
    assert lake.rows(TABLE, "issue_id, uuid, team, labels, creator, milestone, changelog_is_complete") == [
        ("APP-1", "uuid-1", "APP", '["Bug", "Customer"]', "ann@acme.test", "2.0", True),
        ("APP-2", "uuid-2", "APP", '["Bug", "Customer"]', "ann@acme.test", "2.0", False),
    ]  # fmt: skip
    (told,) = {row[0] for row in lake.rows(TABLE, "changelog")}
    assert [(change["at"][:10], change["items"]) for change in json.loads(told)] == [
        ("2024-05-15", [{"field": "status", "from_name": "Todo", "to_name": "In Progress"}]),
        ("2024-05-16", [{"field": "assignee", "from": "u1", "from_name": "ann@acme.test", "to": None, "to_name": None}]),
    ]  # fmt: skip
    without = node(3, False)
    del without["history"]
    assert lake.deliver(json.dumps([without]), "linear", "more.json").loaded == 1
    assert (None, False) in lake.rows(TABLE, "changelog, changelog_is_complete")
