"""The traps of Zendesk's exports, each with what goes in and what comes out."""

from __future__ import annotations

import json

import pytest
from literal_exports import fixture
from literal_exports.first import ZENDESK
from literal_exports.support import RATINGS, TICKET_EVENTS, TICKET_METRICS

from ingestion.load import IngestSettings

BERLIN = {"timezone": "Europe/Berlin"}


def ticket(**changes):
    return {**json.loads(ZENDESK)["tickets"][0], **changes}


def page(*tickets, **more):
    return json.dumps({"tickets": list(tickets), "end_of_stream": True, **more})


def with_settings(lake, settings):
    lake.settings = IngestSettings({"zendesk": {"projects": {"p": settings}}})


def test_a_system_change_makes_a_newer_version_though_updated_at_stays(lake):
    for status, at in (("solved", 1709798412), ("closed", 1709999999), ("open", 1709798400)):
        tickets = page(ticket(status=status, generated_timestamp=at))
        lake.deliver(tickets, "zendesk", f"{at}.json")
    last = "max_by(status, generated_at) over (), count(distinct updated_at) over ()"
    assert set(lake.rows("zendesk.tickets", last)) == {("closed", 1)}


def test_the_same_ticket_on_two_pages_counts_once(lake):
    report = lake.deliver(page(ticket()) + "\n" + page(ticket(), count=1, end_time=5), "zendesk")
    assert (report.records_seen, report.loaded, report.duplicate) == (2, 1, 1)


def test_a_deleted_ticket_stays_as_a_tombstone(lake):
    lake.deliver(
        page(ticket(status="deleted", subject="SCRUBBED", description="SCRUBBED")), "zendesk"
    )
    assert lake.rows("zendesk.tickets", "status") == [("deleted",)]


@pytest.mark.parametrize(
    ("rating", "row"),
    [
        (None, (None, None, None)),
        ({"score": "unoffered"}, ("unoffered", None, None)),
        ({"score": "bad", "id": 7, "comment": "slow", "reason": "Other"}, ("bad", "slow", "Other")),
    ],
)
def test_the_rating_of_a_ticket_has_three_shapes(lake, rating, row):
    lake.deliver(page(ticket(satisfaction_rating=rating)), "zendesk")
    names = "satisfaction_score, satisfaction_comment, satisfaction_reason"
    assert lake.rows("zendesk.tickets", names) == [row]


def test_custom_fields_of_every_type_are_kept_as_they_are(lake):
    fields = [{"id": i, "value": v} for i, v in enumerate(["a", 1, 1.5, True, ["x", "y"], None])]
    lake.deliver(page(ticket(custom_fields=fields)), "zendesk")
    assert json.loads(lake.rows("zendesk.tickets", "custom_fields")[0][0]) == fields


def test_no_reply_yet_is_null_and_not_zero(lake):
    metrics = {"reply_time_in_minutes": {"calendar": None, "business": None}, "reopens": 0}
    lake.deliver(page(ticket(metric_set=metrics)), "zendesk")
    assert lake.rows("zendesk.tickets", "first_reply_minutes, reopens") == [(None, 0)]


def test_metric_sets_beside_the_tickets_of_a_page_find_their_ticket(lake):
    metrics = [{"ticket_id": 1, "reopens": 1}, json.loads(TICKET_METRICS)["ticket_metrics"][0]]
    lake.deliver(page(ticket(), ticket(id=2), metric_sets=metrics), "zendesk")
    assert lake.rows("zendesk.tickets", "ticket_id, first_reply_minutes, reopens, cast(solved_at as varchar)") == [
        ("48211", 31, 1, "2024-03-05 10:10:07"), ("2", None, None, None)
    ]  # fmt: skip


def test_a_line_of_the_full_export_keeps_its_comments_and_stays_a_ticket(lake):
    comments = [
        {
            "id": 1,
            "author_id": 5,
            "body": "hello",
            "public": True,
            "created_at": "2024-03-04T22:10:07Z",
        }
    ]
    lines = "\n".join(json.dumps(ticket(id=n, comments=comments)) for n in (1, 2))
    assert lake.deliver(lines, "zendesk", "full.json").loaded == 2
    assert json.loads(lake.rows("zendesk.tickets", "comments")[0][0])[0]["body"] == "hello"
    assert lake.deliver(lines, None, "again.json").source == "zendesk"


def test_whole_objects_of_the_full_export_give_their_ids(lake):
    record = {
        **{name: value for name, value in ticket().items() if not name.endswith("_id")},
        "requester": {"id": 1, "name": "A"},
        "submitter": {"id": 2},
        "assignee": None,
        "group": {"id": 3},
    }
    assert lake.deliver(json.dumps(record), None, "full.json").source == "zendesk"
    names = "requester_id, submitter_id, assignee_id, group_id"
    assert lake.rows("zendesk.tickets", names) == [("1", "2", None, "3")]


def test_ids_of_64_bits_keep_their_digits(lake):
    lake.deliver(page(ticket(id=9223372036854775807)), "zendesk")
    assert lake.rows("zendesk.tickets", "ticket_id") == [("9223372036854775807",)]


def test_lines_of_several_exports_in_one_file_go_to_their_tables(lake):
    records = [
        ticket(),
        json.loads(TICKET_METRICS)["ticket_metrics"][0],
        json.loads(RATINGS)["satisfaction_ratings"][0],
        json.loads(TICKET_EVENTS)["ticket_events"][0],
    ]
    report = lake.deliver("\n".join(map(json.dumps, records)), "zendesk", "x.ndjson")
    assert (report.loaded, report.quarantined) == (4, 0)
    for table in ("tickets", "ticket_metrics", "satisfaction_ratings", "ticket_events"):
        assert len(lake.rows(f"zendesk.{table}", "1")) == 1


def test_pages_of_one_object_are_unwrapped(lake):
    metric = {
        "ticket_metric": json.loads(TICKET_METRICS)["ticket_metrics"][0],
        "meta": {"has_more": False},
    }
    assert lake.deliver(json.dumps(metric), "zendesk", "m.json").loaded == 1
    assert lake.rows("zendesk.ticket_metrics", "ticket_id") == [("48211",)]
    assert lake.deliver(json.dumps({"ticket": ticket()}), "zendesk", "t.json").loaded == 1


def test_a_metric_event_of_an_unknown_metric_and_type_is_taken(lake):
    event = {
        "id": 1,
        "ticket_id": 2,
        "metric": "group_ownership_time",
        "instance_id": 0,
        "type": "measure",
        "time": "2009-07-20T22:55:29Z",
        "deleted": True,
    }
    assert lake.deliver(json.dumps({"ticket_metric_events": [event]}), "zendesk").loaded == 1
    assert lake.rows("zendesk.metric_events", "metric, type, is_deleted") == [("group_ownership_time", "measure", True)]  # fmt: skip


def test_a_ticket_rated_again_keeps_both_ratings_with_their_times(lake):
    rating = json.loads(RATINGS)["satisfaction_ratings"][0]
    again = {**rating, "id": 2, "score": "good", "updated_at": "2024-03-09T11:00:00Z"}
    lake.deliver(json.dumps([rating, again]), "zendesk")
    assert lake.rows("zendesk.satisfaction_ratings", "ticket_id, score, cast(updated_at as date)::varchar") == [
        ("48211", "bad_with_comment", "2024-03-07"), ("48211", "good", "2024-03-09")
    ]  # fmt: skip


def test_a_comment_without_its_ticket_says_what_to_export(lake):
    comment = {
        "id": 1,
        "type": "Comment",
        "author_id": 2,
        "body": "x",
        "public": True,
        "created_at": "2024-03-04T22:10:07Z",
    }
    lake.deliver(json.dumps({"comments": [comment], "count": 1, "next_page": None}), "zendesk")
    assert lake.codes() == {1: "TYPE"}


def test_csv_times_need_the_zone_of_the_account(lake):
    report = lake.deliver(fixture("zendesk/account.csv"), "zendesk", "a.csv")
    assert (report.status, report.reason) == ("rejected", "TIME_FORMAT")
    assert "sources.zendesk.projects.p.timezone" in report.message


def test_csv_times_that_the_clock_skips_move_forward(lake):
    with_settings(lake, BERLIN)
    lake.deliver(fixture("zendesk/account.csv"), "zendesk", "a.csv")
    found = lake.rows("zendesk.tickets", "cast(created_at as varchar), cast(updated_at as varchar)")
    assert found[1] == ("2024-03-31 01:30:00", "2024-03-31 01:30:00")


def test_csv_units_are_minutes_and_the_resolution_time_is_hours(lake):
    with_settings(lake, BERLIN)
    lake.deliver(fixture("zendesk/account.csv"), "zendesk", "a.csv")
    metrics = json.loads(lake.rows("zendesk.tickets", "metrics")[0][0])
    assert metrics["resolution_time_in_minutes"] == 720
    assert metrics["full_resolution_time_in_minutes"] == {"calendar": 720, "business": 120}
    assert "summation_column" not in metrics


def test_a_view_csv_is_read_by_its_own_headers(lake):
    with_settings(lake, BERLIN)
    data = "ID,Subject,Requester,Requested,Status,Priority,Updated,Order no [txt],Order no [txt]\n7,-,Ada,2024-03-04 23:10,On-hold,-,2024-03-05 08:00,A1,-\n"
    assert lake.deliver(data, "zendesk", "view.csv").loaded == 1
    assert lake.rows("zendesk.tickets", "ticket_id, subject, status, priority, custom_fields") == [
        ("7", "-", "hold", None, '[{"title": "Order no", "type": "txt", "value": "A1"}]')
    ]


def test_csv_times_of_another_form_are_declared(lake):
    with_settings(lake, {**BERLIN, "date_format": "d. MMM yyyy HH:mm", "date_locale": "de"})
    data = "ID,Subject,Requester,Status,Requested\n7,Hi,Ada,Open,4. März 2024 23:10\n"
    assert lake.deliver(data, "zendesk", "view.csv").loaded == 1
    assert lake.rows("zendesk.tickets", "cast(created_at as varchar)") == [("2024-03-04 22:10:00",)]


def test_a_csv_without_a_creation_names_what_lacks_and_can_be_mapped(lake):
    data = "ID,Subject,Requester,Status,Angelegt\n7,Hi,Ada,Open,2024-03-04 23:10\n"
    with_settings(lake, BERLIN)
    report = lake.deliver(data, "zendesk", "view.csv")
    assert (report.reason, "created_at" in report.message) == ("HEADER", True)
    with_settings(lake, {**BERLIN, "columns": {"created_at": "Angelegt"}})
    assert lake.deliver(data, "zendesk", "view.csv").loaded == 1


def test_csv_rows_with_broken_values_cost_themselves_only(lake):
    with_settings(lake, BERLIN)
    head = "Summation column,Id,Requester,Subject,Status,Created at,Solved at,Reopens\n"
    rows = "1,1,A,s,Open,2024-03-04 23:10,,0\n1,2,A,s,Open,03/04/2024,,0\n1,3,A,s,Solved,2024-03-04 23:10,2024-03-01 00:00,0\n1,4,A,s,Open,2024-03-04 23:10,,1.234\n1,,A,s,Open,2024-03-04 23:10,,0\n1,1.2E+11,A,s,Open,2024-03-04 23:10,,0\n"
    report = lake.deliver(head + rows, "zendesk", "a.csv")
    assert report.loaded == 1
    assert lake.codes() == {
        3: "TIME_FORMAT",
        4: "NEGATIVE_DURATION",
        5: "NUMBER",
        6: "TYPE",
        7: "EXCEL_MANGLED_ID",
    }


def test_a_connectors_tables_have_the_names_of_the_api_and_times_in_utc(lake):
    tickets = "id,_fivetran_synced,assignee_id,created_at,requester_id,status,subject,updated_at,via_channel,via_source_rel\n1595,2020-03-20 02:32:49.426,,2020-02-19 01:54:52,396331237134,deleted,s,2020-02-19 01:55:11,web,\n"
    comments = "id,_fivetran_synced,body,created,public,ticket_id,user_id,via_channel\n9,2020-03-20 02:32:49.426,x,2020-02-19 02:54:52,TRUE,1595,7,web\n"
    for name, data in (("ticket.csv", tickets), ("comment.csv", comments)):
        report = lake.deliver(data, None, name)
        assert (report.source, report.loaded) == ("zendesk", 1)
    names = "status, requester_id, via_channel, cast(created_at as varchar)"
    assert lake.rows("zendesk.tickets", names) == [("deleted", "396331237134", "web", "2020-02-19 01:54:52")]  # fmt: skip
    names = "ticket_id, author_id, is_public, cast(created_at as varchar)"
    assert lake.rows("zendesk.comments", names) == [("1595", "7", True, "2020-02-19 02:54:52")]


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1, "name": "Support", "created_at": "2024-03-04T22:10:07Z"},
        {
            "id": 1,
            "ticket_id": 2,
            "user_id": 3,
            "created_at": "2024-03-04T22:10:07Z",
            "ticket": ticket(),
        },
    ],
)
def test_what_is_no_ticket_is_refused(lake, record):
    lake.deliver(json.dumps([record]), "zendesk")
    assert lake.codes() == {1: "TYPE"}
