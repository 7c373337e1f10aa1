"""Traps of Linear's CSV: short rows, headers of many widths, two ways to write a time."""

from __future__ import annotations

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
