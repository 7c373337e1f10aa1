"""The traps of Intercom's exports, each with what goes in and what comes out."""

from __future__ import annotations

import json

import pytest
from literal_exports import fixture

SAMPLE = json.loads(fixture("intercom/conversation.ndjson"))


def conversation(**changes):
    return {**SAMPLE, **changes}


def delivered(lake, record, columns, name="c.json"):
    report = lake.deliver(json.dumps(record), "intercom", name)
    assert (report.loaded, report.quarantined) == (1, 0)
    return lake.rows("intercom.conversations", columns)[-1]


def test_epoch_seconds_and_iso_of_connectors_are_told_apart_by_type(lake):
    names = "cast(created_at as varchar), cast(updated_at as varchar), cast(first_admin_reply_at as varchar)"
    statistics = {"first_admin_reply_at": "2024-03-04T22:30:08.000000Z"}
    record = conversation(
        created_at="2024-03-04T21:50:00Z", updated_at="1709675400", statistics=statistics
    )
    assert delivered(lake, record, names) == ("2024-03-04 21:50:00", "2024-03-05 21:50:00", "2024-03-04 22:30:08")  # fmt: skip


def test_dates_far_ahead_are_kept(lake):
    record = conversation(snoozed_until=64654125776, waiting_since=2328134400)
    assert delivered(lake, record, "year(snoozed_until), year(waiting_since)") == (4018, 2043)


@pytest.mark.parametrize(
    "changes",
    [
        {"contacts": {"type": "contact.list", "contacts": [{"id": "c1", "external_id": "u1"}]}},
        {"contacts": [{"id": "c1", "external_id": "u1"}]},
        {"contacts": None, "customers": [{"type": "user", "id": "c1", "user_id": "u1"}]},
        {"contacts": None, "user": {"type": "user", "id": "c1", "user_id": "u1"}},
    ],
)
def test_contacts_of_every_version(lake, changes):
    assert delivered(lake, conversation(**changes), "contact_id, contact_external_id") == (
        "c1",
        "u1",
    )


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"admin_assignee_id": 5, "team_assignee_id": "6"}, ("5", "6")),
        ({"admin_assignee_id": 0, "team_assignee_id": None}, (None, None)),
        ({"admin_assignee_id": None, "assignee": {"type": "admin", "id": "5"}}, ("5", None)),
        ({"admin_assignee_id": None, "assignee": {"type": "team", "id": "6"}}, (None, "6")),
    ],
)
def test_assignees_of_every_version_and_nobody(lake, changes, row):
    assert delivered(lake, conversation(**changes), "admin_assignee_id, team_assignee_id") == row


def test_a_conversation_of_version_one(lake):
    record = {
        "type": "conversation", "id": "1", "created_at": 1400850973, "updated_at": 1400857494, "open": False, "read": True,
        "user": {"type": "user", "id": "536e"}, "assignee": {"type": "admin", "id": "358111"},
        "conversation_message": {"type": "conversation_message", "subject": "", "body": "<p>Hi Alice,</p>", "author": {"type": "admin", "id": "25"}, "attachments": []},
        "tags": {"type": "tag.list", "tags": []},
    }  # fmt: skip
    names = "state, source_body, author_type, contact_id, admin_assignee_id"
    assert delivered(lake, record, names) == ("closed", "<p>Hi Alice,</p>", "admin", "536e", "358111")  # fmt: skip


def test_a_single_fetch_brings_its_parts(lake):
    parts = [
        {
            "type": "conversation_part",
            "id": "7",
            "part_type": "comment",
            "body": "<p>a</p>",
            "created_at": 1709591408,
            "author": {"type": "admin", "id": "4"},
        }
    ]
    record = conversation(
        conversation_parts={
            "type": "conversation_part.list",
            "conversation_parts": parts,
            "total_count": 501,
        }
    )
    found = delivered(lake, json.loads(json.dumps(record, indent=2)), "parts, parts_total")
    assert (json.loads(found[0]), found[1]) == (parts, 501)


@pytest.mark.parametrize(("rating", "row"), [(None, None), ({"rating": None, "remark": None}, None), ({"rating": 5}, 5)])  # fmt: skip
def test_a_rating_that_was_only_asked_for_is_none(lake, rating, row):
    assert delivered(lake, conversation(conversation_rating=rating), "rating") == (row,)


def test_a_rating_beyond_its_scale_is_refused(lake):
    record = conversation(conversation_rating={"rating": 6})
    lake.deliver(json.dumps([record, SAMPLE]), "intercom")
    assert lake.codes() == {1: "SCORE_RANGE"}


def test_closed_before_it_began_is_refused(lake):
    record = conversation(statistics={"last_close_at": 1709588999})
    lake.deliver(json.dumps([record]), "intercom")
    assert lake.codes() == {1: "NEGATIVE_DURATION"}


def test_pages_one_after_another_and_versions_of_history_tables(lake):
    page = json.loads(fixture("intercom/list.json"))
    record = page["conversations"][0]
    newer = {**record, "updated_at": 1709600001, "state": "open", "_fivetran_active": True}
    other = {**page, "conversations": [newer]}
    report = lake.deliver(json.dumps(other) + json.dumps(page, indent=1), "intercom")
    assert (report.records_seen, report.loaded, report.duplicate) == (2, 1, 1)
    last = "max_by(state, updated_at) over ()"
    assert set(lake.rows("intercom.conversations", last)) == {("open",)}


def test_outbound_and_bot_messages_are_told_apart_by_text_of_any_kind(lake):
    source = {
        **SAMPLE["source"],
        "delivered_as": "something_new",
        "author": {"type": "bot", "id": "1"},
    }
    assert delivered(lake, conversation(source=source), "delivered_as, author_type") == ("something_new", "bot")  # fmt: skip


def test_a_part_without_its_conversation_is_refused(lake):
    part = {"type": "conversation_part", "id": "7", "part_type": "close", "created_at": 1709591408}
    lake.deliver(json.dumps([part]), "intercom")
    assert lake.codes() == {1: "TYPE"}


def test_a_connectors_table_holds_versions_and_flat_columns(lake):
    data = (
        "id,updated_at,_fivetran_synced,assignee_id,assignee_type,conversation_rating_remark,conversation_rating_value,created_at,first_contact_reply_created_at,priority,read,sla_name,sla_status,source_author_id,source_author_type,source_delivered_as,source_type,state,source_body\n"
        "15664,2020-10-29 00:26:06,2020-10-29 06:00:13.568,4077639,admin,,,2020-10-28 23:59:37,2020-10-28 23:59:37,not_priority,TRUE,,,5f72,user,customer_initiated,conversation,open,hi\n"
        "15664,2020-11-02 14:17:59,2020-11-02 18:00:44.465,,,slow,2,2020-10-28 23:59:37,2020-10-28 23:59:37,not_priority,TRUE,gold,hit,5f72,user,customer_initiated,conversation,closed,hi\n"
    )
    report = lake.deliver(data, None, "conversation_history.csv")
    assert (report.source, report.records_seen, report.quarantined) == ("intercom", 2, 0)
    names = "state, admin_assignee_id, rating, rating_remark, delivered_as, author_type, source_body, sla_name, cast(first_contact_reply_at as varchar), cast(updated_at as varchar)"
    assert lake.rows("intercom.conversations", names) == [
        ("open", "4077639", None, None, "customer_initiated", "user", "hi", None, "2020-10-28 23:59:37", "2020-10-29 00:26:06"),
        ("closed", None, 2, "slow", "customer_initiated", "user", "hi", "gold", "2020-10-28 23:59:37", "2020-11-02 14:17:59"),
    ]  # fmt: skip
