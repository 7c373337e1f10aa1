"""Delivery, time and roster sources: every form of an export stages to one row per thing."""

from __future__ import annotations

from datetime import date, datetime

import pytest

STAGING = [
    "stg_jira__issues",
    "stg_jira__versions",
    "stg_linear__issues",
    "stg_github__releases",
    "stg_roadmap__items",
    "stg_okr__key_results",
    "stg_google_calendar__events",
    "stg_google_calendar__occurrences",
    "stg_toggl__entries",
    "stg_clockify__entries",
    "stg_bamboohr__employees",
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def delivery(tmp_path_factory, story):
    """A warehouse with a few records of each source, staged, and the people they are about."""
    made = type(story)(tmp_path_factory.mktemp("delivery"))
    made.declare(
        "settings",
        [{"company": "Acme", "timezone": "UTC", "week_start": 1, "session_timeout_minutes": 30, "minimum_group_size": 5, "identity_scope": "project", "pm_titles": ["Product Manager"]}],
    )  # fmt: skip
    made.declare("people", [{"person_id": "pm-1", "name": "PM", "email": "Listed@acme.test", "role": "pm"}])  # fmt: skip
    made.declare("releases", [{"release": "spring", "released_on": date(2024, 3, 1), "feature": "export"}])  # fmt: skip
    issue = {"issue_id": "1", "issue_key": "APP-1", "changelog_is_complete": False}
    made.load("jira", "issues", [{**issue, "status": "Done", "updated_at": at("2024-03-05")}])
    made.load("jira", "issues", [{**issue, "status": "Open", "updated_at": at("2024-03-04")}])
    made.load("jira", "versions", [{"version_id": "9", "name": "2.4.0", "is_released": True, "release_on": date(2024, 3, 3)}, {"version_id": "10", "name": "2.5.0", "is_released": False, "release_on": date(2024, 4, 3)}])  # fmt: skip
    made.load(
        "linear",
        "issues",
        [
            {"issue_id": "APP-1", "uuid": "u1", "updated_at": at("2024-03-04")},
            {"issue_id": "NEW-7", "uuid": "u1", "updated_at": at("2024-03-05")},
            {"issue_id": "APP-2", "updated_at": at("2024-03-05")},
        ],
    )
    made.load("github", "releases", [{"release_id": "1", "tag": "v1", "is_draft": False, "is_prerelease": False, "published_at": at("2024-03-02")}])  # fmt: skip
    made.load("roadmap", "items", [{"item_id": "R-1", "title": "T"}])
    made.load("okr", "key_results", [{"key_result_id": "KR", "baseline": 40, "target": 20, "current": 30, "as_of": date(2024, 3, 4)}])  # fmt: skip
    event = {"calendar": "pm@acme.test", "status": "confirmed", "event_type": "default", "transparency": "opaque", "is_all_day": False, "is_organizer": True, "attendees_omitted": False, "time_zone": "Europe/Berlin", "updated_at": at("2024-03-01")}  # fmt: skip
    weekly = {**event, "start_at": at("2024-03-18 09:00"), "end_at": at("2024-03-18 09:30")}
    made.load(
        "google_calendar",
        "events",
        [
            {**weekly, "event_key": "w", "occurrence_runs": [["2024-03-18T10:00:00", 7, 4]]},
            {**event, "event_key": "w1", "recurring_event_id": "w", "original_start_at": at("2024-03-25 09:00"), "start_at": at("2024-03-26 09:00"), "end_at": at("2024-03-26 10:00")},
            {**event, "event_key": "w2", "recurring_event_id": "w", "original_start_at": at("2024-04-01 08:00"), "status": "cancelled"},
            {**event, "event_key": "d", "is_all_day": True, "start_on": date(2024, 3, 6), "end_on": date(2024, 3, 8), "occurrence_runs": [["2024-03-06T00:00:00", 0, 1]]},
            {**event, "event_key": "x", "status": "cancelled", "start_at": at("2024-03-06 09:00")},
        ],
    )  # fmt: skip
    for tool in ("toggl", "clockify"):
        made.load(tool, "entries", [{"email": "PM@acme.test", "start_at": at("2024-03-04"), "duration_seconds": 60}])  # fmt: skip
    employee = {"stay": "", "job_title": "product manager"}
    made.load(
        "bamboohr",
        "employees",
        [
            {**employee, "employee_id": "1", "email": "listed@acme.test"},
            {**employee, "employee_id": "2", "email": "New@acme.test", "hired_on": date(2024, 1, 1), "role_start_on": date(2024, 6, 1)},
            {**employee, "employee_id": "3", "stay": "2020", "hired_on": date(2020, 1, 1), "left_on": date(2021, 1, 1)},
            {"employee_id": "3", "stay": "2024", "job_title": "Engineer", "hired_on": date(2024, 2, 1)},
        ],
    )  # fmt: skip
    made.build("--select", "+dim_people", "+int_records__last_seen", "+dim_releases", *STAGING)
    return made


def test_every_source_is_staged_and_held_to_its_grain(delivery):
    assert delivery.dbt("test", "--select", *STAGING)
    for model in STAGING:
        assert delivery.rows(f"select count(*) > 0 from staging.{model}") == [(True,)], model


def test_the_latest_update_of_an_issue_counts_and_a_moved_one_is_one(delivery):
    assert delivery.rows("select status from staging.stg_jira__issues") == [("Done",)]
    moved = delivery.rows("select issue_id from staging.stg_linear__issues order by 1")
    assert moved == [("APP-2",), ("NEW-7",)]


def test_releases_are_what_is_out_by_day_of_the_reporting_zone(delivery):
    told = delivery.rows(
        "select source, release, released_on, feature from marts.dim_releases order by 1"
    )
    assert told == [
        ("company", "spring", date(2024, 3, 1), "export"),
        ("github", "v1", date(2024, 3, 2), None),
        ("jira", "2.4.0", date(2024, 3, 3), None),
    ]


def test_progress_of_a_key_result_that_goes_down(delivery):
    assert delivery.rows("select progress from staging.stg_okr__key_results") == [(0.5,)]


def test_the_roster_of_the_hr_system_adds_who_is_not_listed(delivery):
    people = delivery.rows(
        "select person_id, role, cast(start_on as varchar), cast(end_on as varchar) from marts.dim_people order by 1"
    )
    assert people == [
        ("2", "pm", "2024-06-01", None),
        ("3", "engineer", "2024-02-01", None),
        ("pm-1", "pm", None, None),
    ]


def test_a_recurring_event_takes_place_by_the_clock_of_its_zone_but_where_it_was_moved(delivery):
    times = delivery.rows(
        "select split_part(calendar_event_id, '|', 3), cast(start_at as varchar), cast(end_at as varchar), cast(start_on as varchar),"
        " cast(end_on as varchar) from staging.stg_google_calendar__occurrences order by start_at nulls first"
    )
    assert [row[1:] for row in times] == [
        (None, None, "2024-03-06", "2024-03-08"),
        ("2024-03-18 09:00:00", "2024-03-18 09:30:00", None, None),
        ("2024-03-26 09:00:00", "2024-03-26 10:00:00", None, None),  # moved from the 25th
        ("2024-04-08 08:00:00", "2024-04-08 08:30:00", None, None),  # summer; the 1st is cancelled
    ]


def test_the_data_reaches_to_the_last_version_never_to_a_planned_meeting(delivery):
    seen = delivery.rows(
        "select source, cast(last_event_at as varchar) from intermediate.int_records__last_seen order by 1"
    )
    assert seen == [
        ("clockify", "2024-03-04 00:00:00"),
        ("github", "2024-03-02 00:00:00"),
        ("google_calendar", "2024-03-01 00:00:00"),
        ("jira", "2024-03-05 00:00:00"),
        ("linear", "2024-03-05 00:00:00"),
        ("toggl", "2024-03-04 00:00:00"),
    ]
