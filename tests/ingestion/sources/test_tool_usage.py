"""Traps of tool usage: what goes in, and which rows or codes come out."""

from __future__ import annotations

import json

import pytest
from literal_exports.first import OKTA
from literal_exports.tool_usage import GOOGLE, GOOGLE_SPLIT, SLACK_CSV, SLACK_DAYS

from ingestion.spec import IngestSettings

OKTA_SYSLOG = """<14>1 2024-03-04T22:10:07.019Z relay okta 1 - - {"uuid":"f1","published":"2024-03-04T22:10:07.019Z","eventType":"user.session.start","actor":{"id":"00u1","type":"User","alternateId":"pm@example.com"},"outcome":{"result":"SUCCESS"},"target":null}
<134>Mar  4 22:11:07 relay okta: {"uuid":"f2","published":"2024-03-04T22:11:07.019Z","eventType":"user.authentication.sso","actor":{"id":"00u1","type":"User","alternateId":"pm@example.com"},"outcome":{"result":"SUCCESS"},"target":[{"id":"0uam","type":"AppUser"},{"id":"0oam","type":"AppInstance","displayName":"Productboard"}],"authenticationContext":{"externalSessionId":"trs8"}}
<14>1 2024-03-04T22:12:07.019Z relay okta 1 - - cut off
"""


def settings(source: str, **project) -> IngestSettings:
    return IngestSettings({source: {"projects": {"p": project}}})


# Okta


def test_lines_that_a_syslog_shipper_wrapped_are_read_and_keep_their_bytes(lake):
    report = lake.deliver(OKTA_SYSLOG, None, "relay.log")
    assert (report.source, report.loaded, report.quarantined) == ("okta", 2, 1)
    assert lake.rows("okta.events", "uuid, app_id, session_id") == [
        ("f1", None, None),
        ("f2", "0oam", "trs8"),
    ]
    assert lake.codes() == {3: "JSON_SYNTAX"}
    assert lake.raw_of("JSON_SYNTAX").startswith(b"<14>1 2024-03-04T22:12")


@pytest.mark.parametrize("target", [None, [], "unknown"])
def test_events_without_targets_are_events(lake, target):
    event = {**json.loads(OKTA)[0], "target": target}
    assert lake.deliver(json.dumps([event]), "okta").loaded == 1
    assert lake.rows("okta.events", "app_id, targets") == [(None, "[]")]


def test_the_application_is_found_wherever_it_stands(lake):
    event = json.loads(OKTA)[0]
    event["target"].reverse()
    lake.deliver(json.dumps([event]), "okta")
    assert lake.rows("okta.events", "app_id, app_name") == [("0oam", "Productboard")]


# Google Workspace


def test_one_item_is_one_row_with_all_its_events(lake):
    lake.deliver(GOOGLE, "google_workspace")
    ((events,),) = lake.rows("google_workspace.activities", "events")
    assert [event["name"] for event in json.loads(events)] == ["login_success", "login_challenge"]


def test_two_items_of_one_instant_are_told_apart(lake):
    page = json.loads(GOOGLE)
    other = json.loads(GOOGLE)["items"][0]
    other["id"]["uniqueQualifier"] = "7"
    page["items"] += [other, page["items"][0]]
    report = lake.deliver(json.dumps(page), "google_workspace")
    assert (report.loaded, report.duplicate) == (2, 1)


def test_items_that_a_shipper_split_into_events_are_all_kept(lake):
    report = lake.deliver(GOOGLE_SPLIT + GOOGLE_SPLIT.splitlines()[0], "google_workspace", "x.log")
    assert (report.loaded, report.duplicate) == (2, 1)


# Slack


def test_without_a_window_the_export_is_refused_with_what_to_write(lake):
    report = lake.deliver(SLACK_CSV, "slack", "member_analytics.csv")
    assert (report.status, report.loaded) == ("rejected", 0)
    assert 'windows: {"member_analytics.csv": {from: ' in report.message
    assert "sources.slack.projects.p" in report.message


def test_the_window_of_another_file_is_none(lake):
    lake.settings = settings("slack", windows={"a.csv": {"from": "2024-01-01", "to": "2024-01-29"}})
    assert lake.deliver(SLACK_CSV, "slack", "b.csv").status == "rejected"


def test_two_windows_of_one_member_are_two_rows(lake):
    lake.settings = settings(
        "slack",
        windows={
            "a.csv": {"from": "2024-01-01", "to": "2024-01-29"},
            "b.csv": {"from": "2024-01-29", "to": "2024-02-26"},
        },
    )
    lake.deliver(SLACK_CSV, "slack", "a.csv")
    assert lake.deliver(SLACK_CSV + "\n", "slack", "b.csv").loaded == 2
    assert len(lake.rows("slack.members")) == 4


def test_more_days_than_the_window_has_are_refused(lake):
    lake.settings = settings("slack", windows={"a.csv": {"from": "2024-01-01", "to": "2024-01-08"}})
    assert lake.deliver(SLACK_CSV, "slack", "a.csv").quarantined == 1
    assert lake.codes() == {2: "NUMBER"}


@pytest.mark.parametrize("written", ["Mar 4, 2024", "March 4, 2024", "Mar 4 2024", "2024-03-04"])
def test_days_are_read_as_slack_shows_them(lake, written):
    lake.settings = settings("slack", windows={"a.csv": {"from": "2024-02-05", "to": "2024-03-06"}})
    lake.deliver(SLACK_CSV.replace("Mar 4, 2024", written), "slack", "a.csv")
    assert lake.rows("slack.members", "cast(last_active_on as varchar)")[0] == ("2024-03-04",)


def test_days_that_may_be_either_way_round_are_never_guessed(lake):
    lake.settings = settings("slack", windows={"a.csv": {"from": "2024-02-05", "to": "2024-03-06"}})
    lake.deliver(SLACK_CSV.replace("Mar 4, 2024", "3/4/2024"), "slack", "a.csv")
    assert lake.codes() == {2: "TIME_FORMAT"}


def test_columns_that_a_plan_adds_or_lacks_change_nothing(lake):
    lake.settings = settings("slack", windows={"a.csv": {"from": "2024-02-05", "to": "2024-03-06"}})
    data = "Name,User ID,Account type,Days active,Files added\nP M,U1,Guest,3,7\n"
    assert lake.deliver(data, "slack", "a.csv").loaded == 1
    assert lake.rows("slack.members", "email, account_type, properties") == [
        (None, "Guest", '{"Files added": "7"}')
    ]


def test_a_day_of_the_api_needs_no_window_and_may_be_packed(lake):
    import gzip

    report = lake.deliver(gzip.compress(SLACK_DAYS.encode()), None, "2024-03-04.json.gz")
    assert (report.source, report.loaded) == ("slack", 2)


# Generic usage and seats


SEAT = "tool,user_email,seat_status,last_active_at,days_active\nmiro,pm@example.com,active,2024-03-04,{0}\n"


def test_counts_without_a_window_are_refused_with_what_to_write(lake):
    report = lake.deliver(SEAT.format(3), "usage", "seats.csv")
    assert (report.status, report.reason) == ("rejected", "HEADER")
    assert 'windows: {"seats.csv"' in report.message


def test_the_settings_may_give_the_window_of_a_file(lake):
    lake.settings = settings(
        "usage", windows={"seats.csv": {"from": "2024-02-05", "to": "2024-03-05"}}
    )
    assert lake.deliver(SEAT.format(3), "usage", "seats.csv").loaded == 1
    assert lake.rows("usage.seats", "days_active, cast(window_to as varchar)") == [(3, "2024-03-05")]  # fmt: skip


@pytest.mark.parametrize(("days", "code"), [(-1, "NUMBER"), (1.5, "NUMBER"), (45, "NUMBER")])
def test_counts_are_whole_not_negative_and_fit_the_window(lake, days, code):
    lake.settings = settings(
        "usage", windows={"seats.csv": {"from": "2024-02-05", "to": "2024-03-05"}}
    )
    lake.deliver(SEAT.format(days), "usage", "seats.csv")
    assert lake.codes() == {2: code}


@pytest.mark.parametrize("written", ["Never", "never", "1970-01-01", "1970-01-01T00:00:00Z", ""])
def test_never_is_no_day(lake, written):
    data = f"tool,user_email,seat_status,last_active_at\nmiro,pm@example.com,active,{written}\n"
    lake.deliver(data, "usage", "seats.csv")
    assert lake.rows("usage.seats", "last_active_at") == [(None,)]


def test_a_time_without_a_zone_needs_the_setting(lake):
    data = "event_time,user_email,asset_id,action,tool\n2024-03-04 22:10:07,pm@example.com,d,view,hex\n"
    lake.deliver(data, "usage", "u.csv")
    assert lake.codes() == {2: "TIME_FORMAT"}


def test_a_time_without_a_zone_is_read_in_the_declared_one(lake):
    lake.settings = settings("usage", timezone="Europe/Berlin")
    data = "event_time,user_email,asset_id,action,tool\n2024-03-04 22:10:07,pm@example.com,d,view,hex\n"
    lake.deliver(data, "usage", "u.csv")
    assert lake.rows("usage.events", "cast(occurred_at as varchar)") == [("2024-03-04 21:10:07",)]


def test_an_unknown_action_or_state_is_quarantined_with_the_known_ones(lake):
    lake.deliver("event_time,user_email,asset_id,action,tool\n2024-03-04T22:10:07Z,a@x,d,stare,hex\n", "usage", "u.csv")  # fmt: skip
    lake.deliver("tool,user_email,seat_status\nmiro,a@x,frozen\n", "usage", "s.csv")
    assert set(lake.codes().values()) == {"TYPE"}


def test_each_last_active_day_that_lists_tell_is_kept_once(lake):
    data = "tool,user_email,seat_status,last_active_at\nmiro,{0},active,{1}\n"
    lake.deliver(data.format("pm@example.com", "2024-03-04"), "usage", "march.csv")
    again = lake.deliver(data.format("PM@Example.com", "2024-03-04"), "usage", "again.csv")
    april = lake.deliver(data.format("pm@example.com", "2024-04-04"), "usage", "april.csv")
    assert (again.duplicate, april.loaded) == (1, 1)


@pytest.mark.parametrize("tool", ["notion", "confluence"])
def test_member_lists_need_no_tool_column_in_their_own_folder(lake, tool):
    data = "User,Email,Role,Last active\nP M,pm@example.com,member,2024-03-04\n"
    assert lake.deliver(data, tool, "members.csv").loaded == 1
    assert lake.rows(f"{tool}.seats", "tool, seat_type, properties") == [(tool, "member", '{"User": "P M"}')]  # fmt: skip


def test_the_folder_and_the_tool_column_tell_generic_files_apart(lake):
    data = "tool,user_email,seat_type\n{0},pm@example.com,full\n"
    for tool, source in (("miro", "usage"), ("Notion", "notion"), ("confluence", "confluence")):
        assert lake.deliver(data.format(tool), None, f"{tool}.csv").source == source
