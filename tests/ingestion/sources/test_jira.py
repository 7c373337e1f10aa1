"""Traps of Jira: repeated columns, display dates, rows of another width, three forms of one issue."""

from __future__ import annotations

import json

import pytest
from literal_exports import fixture
from literal_exports.delivery import JIRA, JIRA_SHORT

from ingestion.load import IngestSettings

TABLE = "jira.issues"
HEAD = "Summary,Issue key,Issue id,Status,Created,Updated,Labels,Labels"


def declare(lake, **settings) -> None:
    lake.settings = IngestSettings({"jira": {"projects": {"p": settings}}})


def row(number: int, updated: str = "04/Mar/24 9:41 AM", **changes: str) -> str:
    status = changes.get("status", "Done")
    created = changes.get("created", "04/Mar/24 9:41 AM")
    return f"S,APP-{number},100{number},{status},{created},{updated},a,b"


def test_columns_that_come_again_keep_all_their_values(lake):
    declare(lake, **JIRA)
    lake.deliver(fixture("jira/all_fields.csv"), "jira", "x.csv")
    assert lake.rows(TABLE, "labels, components")[0] == ('["export", "roadmap"]', '["Reports"]')
    (properties,) = lake.rows(TABLE, "properties")[0]
    found = json.loads(properties)
    assert found["Watchers"] == ["dana", "pm"]
    assert (found["Team"], found["Σ Time Spent"], found["Work Ratio"]) == ("Growth", "27000", "93%")


@pytest.mark.parametrize(
    ("settings", "lacking"),
    [
        ({}, "date_format and timezone is missing"),
        ({"timezone": "Europe/Berlin"}, "date_format is missing"),
        ({"date_format": "dd/MMM/yy h:mm a"}, "timezone is missing"),
    ],
)
def test_display_dates_without_a_declared_form_are_rejected_with_what_to_write(
    lake, settings, lacking
):
    declare(lake, **settings)
    report = lake.deliver(JIRA_SHORT, "jira", "x.csv")
    assert (report.status, report.reason, report.loaded) == ("rejected", "TIME_FORMAT", 0)
    assert lacking in report.message
    for key in ("date_format", "date_locale", "timezone", "settings.yml"):
        assert key in report.message


def test_a_wrong_pattern_or_zone_in_the_settings_is_rejected(lake):
    declare(lake, **{**JIRA, "timezone": "Berlin"})
    assert lake.deliver(JIRA_SHORT, "jira", "x.csv").reason == "TIME_FORMAT"
    declare(lake, **{**JIRA, "date_format": "dd/bb/yy"})
    report = lake.deliver(JIRA_SHORT, "jira", "x.csv")
    assert (report.status, report.reason) == ("rejected", "TIME_FORMAT")


@pytest.mark.parametrize(
    ("written", "pattern", "locale", "utc"),
    [
        ("04/Mär/24 10:10 PM", "dd/MMM/yy h:mm a", "de", "2024-03-04 21:10:00"),
        ("6/21/2025 16:14", "M/d/yyyy HH:mm", "en", "2025-06-21 14:14:00"),
        ("11/May/24 03:26 PM", "dd/MMM/yy h:mm a", "en", "2024-05-11 13:26:00"),
        ("2024-03-04T22:10:07.222+0100", "M/d/yyyy HH:mm", "en", "2024-03-04 21:10:07.222"),
    ],
)
def test_display_dates_are_read_by_format_language_and_zone(lake, written, pattern, locale, utc):
    declare(lake, timezone="Europe/Berlin", date_format=pattern, date_locale=locale)
    lake.deliver(f"{HEAD}\n{row(1, written, created=written)}\n", "jira", "x.csv")
    assert lake.rows(TABLE, "cast(updated_at as varchar)") == [(utc,)]


def test_a_date_of_another_form_costs_its_row(lake):
    declare(lake, **JIRA)
    data = "\n".join([HEAD, row(1), row(2, "04.03.2024 09:41"), row(3)])
    report = lake.deliver(data, "jira", "x.csv")
    assert (report.loaded, lake.codes()) == (2, {3: "TIME_FORMAT"})


def test_case_048_rows_of_another_width_are_quarantined_never_shifted(lake):
    declare(lake, **JIRA)
    wide, narrow = row(2) + ",c", row(3).removesuffix(",b")
    report = lake.deliver("\n".join([HEAD, row(1), wide, narrow, row(4)]), "jira", "x.csv")
    assert (report.loaded, lake.codes()) == (2, {3: "COLUMN_COUNT", 4: "COLUMN_COUNT"})
    assert lake.rows(TABLE, "issue_key, labels") == [("APP-1", '["a", "b"]'), ("APP-4", '["a", "b"]')]  # fmt: skip


def test_files_of_one_export_may_have_other_columns(lake):
    declare(lake, **JIRA)
    other = "Issue id,Labels,Issue key,Updated,Custom field (Team)\n2,x,APP-2,05/Mar/24 9:41 AM,Growth\n"
    assert lake.deliver(f"{HEAD}\n{row(1)}\n", "jira", "1.csv").loaded == 1
    assert lake.deliver(other, "jira", "2.csv").loaded == 1
    assert lake.rows(TABLE, "issue_key, status, labels, properties") == [
        ("APP-1", "Done", '["a", "b"]', "{}"),
        ("APP-2", None, '["x"]', '{"Team": "Growth"}'),
    ]


@pytest.mark.parametrize(
    "head", ["Summary,Key", "Issue key,Status", "Issue key,Issue id,Issue id", "Ключ,ID"]
)
def test_case_051_a_header_without_key_and_id_is_refused(lake, head):
    report = lake.deliver(head + "\n" + ",".join("x" for _ in head.split(",")), "jira", "x.csv")
    assert (report.status, report.reason) == ("rejected", "HEADER")


def test_a_translated_header_is_read_by_the_companys_own_mapping(lake):
    declare(
        lake,
        **JIRA,
        columns={"issue_key": "Vorgangsschlüssel", "issue_id": "Vorgangs-ID", "updated": "Aktualisiert"},
    )  # fmt: skip
    data = "Vorgangsschlüssel,Vorgangs-ID,Aktualisiert\nAPP-1,10001,04/Mar/24 9:41 AM\n"
    assert lake.deliver(data, "jira", "x.csv").loaded == 1
    assert lake.rows(TABLE, "issue_key, cast(updated_at as varchar)") == [("APP-1", "2024-03-04 08:41:00")]  # fmt: skip


def test_the_three_forms_of_an_issue_meet_on_its_id(lake):
    declare(lake, **JIRA)
    for name in ("all_fields.csv", "issues_job7_20240401000000.csv", "search_page.json"):
        lake.deliver(fixture(f"jira/{name}"), "jira", name)
    rows = lake.rows(TABLE, "issue_id, _identity")
    assert len({identity for key, identity in rows if key == "10012"}) == 1
    assert len(rows) == 5


def test_a_moved_issue_is_the_same_issue_and_the_latest_update_wins(lake):
    declare(lake, **JIRA)
    moved = "S,NEW-9,1001,Open,04/Mar/24 9:41 AM,05/Mar/24 9:41 AM,a,b"
    lake.deliver(f"{HEAD}\n{moved}\n", "jira", "b.csv")
    report = lake.deliver(f"{HEAD}\n{row(1)}\n", "jira", "a.csv")
    assert (report.loaded, report.duplicate) == (0, 1)
    query = "issue_key, row_number() over (partition by _identity order by updated_at desc)"
    assert sorted(lake.rows(TABLE, query), key=lambda found: found[1])[0][0] == "NEW-9"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("7200", 7200), ("38h", 136800), ("1h 30m", 5400), ("1.5h", 5400), ("1w 2d", None), ("", None)],
)  # fmt: skip
def test_estimates_are_seconds_and_weeks_are_not_guessed(lake, written, seconds):
    lake.deliver(f"Issue key,Issue id,Time Spent\nA-1,1,{written}\n", "jira", "x.csv")
    ((found, properties),) = lake.rows(TABLE, "time_spent_seconds, properties")
    assert found == seconds
    assert ("1w 2d" in properties) == (written == "1w 2d")


def test_the_change_log_keeps_its_instants_and_says_when_it_was_cut(lake):
    page = json.loads(fixture("jira/search_page.json"))
    lake.deliver(json.dumps(page), "jira", "a.json")
    (log, is_complete), without = lake.rows(TABLE, "changelog, changelog_is_complete")
    changes = json.loads(log)
    assert [change["at"] for change in changes] == ["2024-03-10 03:30:00", "2024-03-11 14:00:00"]
    assert changes[1]["items"][0] == {"field": "status", "from": "10002", "from_name": "Done", "to": "10000", "to_name": "To Do"}  # fmt: skip
    assert (is_complete, without) == (True, (None, False))
    page["issues"][0]["changelog"]["total"] = 120
    lake.deliver(json.dumps(page), "jira", "b.json", "q")
    assert lake.rows(TABLE, "changelog_is_complete") == [(True,), (False,), (False,), (False,)]


def test_story_points_are_a_field_of_the_site(lake):
    page = json.loads(fixture("jira/search_page.json"))
    del page["names"]
    lake.deliver(json.dumps(page), "jira", "a.json", "undeclared")
    assert lake.rows(TABLE, "story_points") == [(None,), (None,)]
    assert json.loads(lake.rows(TABLE, "properties")[0][0])["customfield_10016"] == 5.0
    declare(lake, columns={"story_points": "customfield_10016"})
    lake.deliver(json.dumps(page), "jira", "a.json")
    assert lake.rows(TABLE, "story_points") == [(None,), (None,), (5.0,), (None,)]


def test_pages_of_the_new_search_and_single_lines_are_read(lake):
    issues = json.loads(fixture("jira/search_page.json"))["issues"]
    page = {"issues": issues, "nextPageToken": "x", "isLast": False}
    assert lake.deliver(json.dumps([page]), "jira", "a.json").loaded == 2
    lines = "\n".join(json.dumps(issue) for issue in issues)
    assert lake.deliver(lines, "jira", "b.ndjson", "q").loaded == 2


def test_versions_come_as_array_or_page_beside_issues(lake):
    versions = json.loads(fixture("jira/versions.json"))
    page = {"startAt": 0, "maxResults": 50, "total": 3, "isLast": True, "values": versions}
    assert lake.deliver(json.dumps(page), "jira", "v.json").loaded == 3
    assert lake.rows("jira.versions", "count(*) over ()")[0] == (3,)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fields": None}, "TYPE"),
        ({"id": None}, "TYPE"),
        ({"id": "1.23457E+12"}, "EXCEL_MANGLED_ID"),
        ({"fields": {"created": "04/Mar/24 9:41 AM"}}, "TIME_FORMAT"),
        ({"changelog": {"histories": [{"id": "1"}]}}, "TIME_FORMAT"),
    ],
)
def test_an_issue_that_cannot_be_used_costs_itself(lake, change, code):
    page = json.loads(fixture("jira/search_page.json"))
    page["issues"][0].update(change)
    report = lake.deliver(json.dumps(page), "jira")
    assert (report.loaded, lake.codes()) == (1, {1: code})


def test_the_data_pipeline_needs_no_settings_and_its_breaks_come_back(lake):
    lake.deliver(fixture("jira/issues_job7_20240401000000.csv"), "jira", "issues_job7.csv")
    query = "description, components, parent_id, creator_id, original_estimate_seconds"
    assert lake.rows(TABLE, query) == [("First line\nsecond line", '["Reports"]', "10001", "JIRAUSER10100", 28800)]  # fmt: skip
