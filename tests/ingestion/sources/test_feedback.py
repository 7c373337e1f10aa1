"""Traps of feedback tools: what goes in, and which rows or codes come out."""

from __future__ import annotations

import copy
import json

import pytest
from literal_exports.feedback import (
    AIRTABLE_API,
    CANNY_POSTS,
    CANNY_USERS,
    CANNY_VOTES,
    GONG_CALLS,
    GONG_TRANSCRIPTS,
    INTERVIEWS,
    PRODUCTBOARD_FEATURES,
    PRODUCTBOARD_V1,
    PRODUCTBOARD_V2,
)

from ingestion.spec import IngestSettings


def settings(source: str, **project) -> IngestSettings:
    return IngestSettings({source: {"projects": {"p": project}}})


# Productboard


def test_notes_of_both_generations_and_features_may_stand_in_one_file(lake):
    everything = [
        record
        for page in (PRODUCTBOARD_V1, PRODUCTBOARD_V2, PRODUCTBOARD_FEATURES)
        for record in json.loads(page)["data"]
    ]
    assert lake.deliver(json.dumps(everything), "productboard").loaded == 3
    assert {row[0] for row in lake.rows("productboard.notes", "api_version")} == {"1", "2"}
    assert lake.rows("productboard.features", "feature_id") == [("f-1",)]


def test_a_conversation_keeps_its_parts_and_reads_as_text(lake):
    note = json.loads(PRODUCTBOARD_V2)["data"][0]
    note["type"] = "conversationNote"
    note["fields"]["content"] = [
        {"content": "Hello", "author": {"email": "c@x"}, "timestamp": "2024-03-04T22:10:07Z"},
        {"content": "Filters, please"},
    ]
    lake.deliver(json.dumps([note]), "productboard")
    content, parts = lake.rows("productboard.notes", "content, parts")[0]
    assert content == "Hello\nFilters, please"
    assert json.loads(parts)[0]["author"] == {"email": "c@x"}


def test_a_changed_note_is_one_live_row_and_its_older_version_a_duplicate(lake):
    page = json.loads(PRODUCTBOARD_V2)
    lake.deliver(json.dumps(page), "productboard", "monday.json")
    page["data"][0]["updatedAt"] = "2024-03-06T08:00:00.000001Z"
    page["data"][0]["fields"]["processed"] = True
    report = lake.deliver(json.dumps(page), "productboard", "tuesday.json")
    assert (report.loaded, report.duplicate) == (0, 1)
    assert len(lake.rows("productboard.notes", "note_id")) == 2  # staging keeps the newer


def test_a_deleted_note_is_gone_when_the_whole_export_comes_again(lake):
    page = json.loads(PRODUCTBOARD_V2)
    second = copy.deepcopy(page["data"][0])
    second["id"] = "deleted-later"
    lake.deliver(json.dumps({**page, "data": [*page["data"], second]}), "productboard", "all.json")
    lake.deliver(json.dumps(page), "productboard", "all.json")
    assert len(lake.rows("productboard.notes")) == 1


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({"source": {"system": "zendesk", "recordId": 48211}}, ("zendesk", "48211")),
        ({"source": "zendesk", "recordId": "48211"}, ("zendesk", "48211")),
        ({}, (None, None)),
        (None, (None, None)),
    ],
)
def test_a_note_names_the_record_that_it_was_taken_over_from(lake, metadata, found):
    note = {**json.loads(PRODUCTBOARD_V2)["data"][0], "metadata": metadata}
    lake.deliver(json.dumps([note]), "productboard")
    assert lake.rows("productboard.notes", "source_system, source_record_id") == [found]


def test_an_unplanned_feature_says_none(lake):
    page = json.loads(PRODUCTBOARD_FEATURES)
    page["data"][0]["fields"]["timeframe"] = {"startDate": "none", "endDate": "none", "granularity": "none"}  # fmt: skip
    lake.deliver(json.dumps(page), "productboard")
    assert lake.rows("productboard.features", "timeframe_start, timeframe_end") == [(None, None)]


def test_a_board_is_read_as_csv_under_the_headers_that_the_company_names(lake):
    lake.settings = settings(
        "productboard", columns={"name": "Item"}, date_order="dmy", timezone="UTC"
    )
    data = "Item,Status name,Owner email,Timeframe start,Effort,Segment\nFilters,Planned,pm@x,03/04/2024,2,smb\n"
    assert lake.deliver(data, "productboard", "board.csv").loaded == 1
    found = lake.rows("productboard.features", "name, status_name, owner_email, cast(timeframe_start as varchar), custom_fields, _flags")  # fmt: skip
    assert found == [("Filters", "Planned", "pm@x", "2024-04-03", '{"Segment": "smb"}', "NO_ID")]


def test_a_board_without_names_is_refused(lake):
    report = lake.deliver("Wording,Status\nFilters,Planned\n", "productboard", "board.csv")
    assert (report.status, report.reason) == ("rejected", "HEADER")


# Canny


def test_paging_over_a_changing_list_repeats_rows_that_count_once(lake):
    first, second = json.loads(CANNY_VOTES)["votes"]
    pages = [{"hasMore": True, "votes": [first, second]}, {"hasMore": False, "votes": [second]}]
    report = lake.deliver(json.dumps(pages), "canny")
    assert (report.loaded, report.duplicate) == (2, 1)


def test_posts_and_votes_of_one_file_go_to_their_tables(lake):
    pages = json.dumps([json.loads(CANNY_POSTS), json.loads(CANNY_VOTES)])
    assert lake.deliver(pages, "canny").loaded == 3
    assert len(lake.rows("canny.posts")) == 1
    assert len(lake.rows("canny.votes")) == 2


def test_a_user_with_companies_is_a_user_and_no_page_of_companies(lake):
    assert lake.deliver(CANNY_USERS, "canny", "users.json").loaded == 1
    assert lake.deliver(json.dumps(json.loads(CANNY_USERS)[0]), "canny", "u.ndjson", "q").loaded == 1  # fmt: skip
    assert {row[0] for row in lake.rows("canny.users", "user_id")} == {"5"}


def test_companies_of_a_bare_array_are_known_by_their_spend(lake):
    data = [{"id": "o-1", "name": "Acme", "created": "2023-01-01T00:00:00.000Z", "monthlySpend": 9}]
    assert lake.deliver(json.dumps(data), "canny", "companies.json").loaded == 1
    assert lake.rows("canny.companies", "company_id, monthly_spend") == [("o-1", 9.0)]


def test_a_merged_post_names_what_it_took_in_and_the_old_one_goes_with_its_file(lake):
    kept = json.loads(CANNY_POSTS)["posts"][0]
    merged = {**kept, "id": "merged-away", "score": 3}
    lake.deliver(json.dumps({"posts": [kept, merged], "hasMore": False}), "canny", "posts.json")
    kept = {**kept, "score": 45, "mergeHistory": [{"created": "2024-03-06T00:00:00.000Z", "post": {"id": "merged-away"}}]}  # fmt: skip
    lake.deliver(json.dumps({"posts": [kept], "hasMore": False}), "canny", "posts.json")
    assert lake.rows("canny.posts", "post_id, score, merged_post_ids") == [
        ("553c3ef8b8cdcd1501ba1234", 45, '["merged-away"]')
    ]


def test_an_empty_post_text_is_no_text(lake):
    lake.deliver(CANNY_POSTS, "canny")
    assert lake.rows("canny.posts", "details") == [(None,)]


# Airtable


def test_a_view_without_a_known_text_says_what_to_write(lake):
    report = lake.deliver("Ref,Wording\n1,Filters\n", "airtable", "view.csv")
    assert (report.reason, report.loaded) == ("HEADER", 0)
    assert "columns: {text:" in report.message


def test_a_view_comes_again_and_replaces_the_older_rows(lake):
    lake.deliver("Name,Notes\nA,first\nB,second\n", "airtable", "view.csv")
    lake.deliver("Name,Notes\nA,first\nB,changed\n", "airtable", "view.csv")
    assert [row[0] for row in lake.rows("airtable.records", "text")] == ["first", "changed"]


def test_expiring_links_do_not_make_a_new_row(lake):
    row = "Name,Files\nA,a.png (https://v5.airtableusercontent.com/x?ts={0})\n"
    lake.deliver(row.format(1), "airtable", "monday.csv")
    assert lake.deliver(row.format(2), "airtable", "tuesday.csv").duplicate == 1


def test_days_that_may_be_either_way_round_are_refused_with_the_setting_to_write(lake):
    report = lake.deliver("Name,Created\nA,3/4/2024\n", "airtable", "view.csv")
    assert (report.status, report.reason) == ("rejected", "TIME_FORMAT")
    assert "date_order" in report.message


def test_one_day_above_twelve_settles_the_order_of_the_file(lake):
    lake.deliver("Name,Created\nA,3/4/2024\nB,25/4/2024\n", "airtable", "view.csv")
    assert [row[0] for row in lake.rows("airtable.records", "cast(created_at as varchar)")] == [
        "2024-04-03 00:00:00",
        "2024-04-25 00:00:00",
    ]


def test_fields_that_are_empty_are_absent_in_the_api_and_null_here(lake):
    lake.deliver(AIRTABLE_API, "airtable")
    assert lake.rows("airtable.records", "text")[1] == (None,)


# Gong


def test_ids_of_twenty_digits_stay_as_they_are_also_as_numbers(lake):
    call = json.loads(GONG_CALLS)["calls"][0]
    call["metaData"]["id"] = 17782342274025937895
    lake.deliver(json.dumps([call]), "gong")
    assert lake.rows("gong.calls", "call_id") == [("17782342274025937895",)]


def test_calls_and_transcripts_join_on_the_id_of_the_call(lake):
    lake.deliver(GONG_CALLS, "gong", "calls.json")
    lake.deliver(GONG_TRANSCRIPTS, "gong", "transcripts.json")
    (call,) = lake.rows("gong.transcripts", "call_id")
    assert call in lake.rows("gong.calls", "call_id")


def test_a_transcript_without_sentences_is_no_error(lake):
    data = {"callTranscripts": [{"callId": "1", "transcript": []}]}
    assert lake.deliver(json.dumps(data), "gong").loaded == 1
    assert lake.rows("gong.transcripts", "sentences, ends_after_ms") == [(0, None)]


def test_a_call_that_ends_before_it_starts_is_quarantined(lake):
    call = json.loads(GONG_CALLS)["calls"][0]
    call["metaData"]["duration"] = -4
    lake.deliver(json.dumps([call]), "gong")
    assert lake.codes() == {1: "NEGATIVE_DURATION"}


# Interviews


def test_texts_without_consent_and_after_a_deletion_never_reach_the_raw_zone(lake):
    lake.deliver(INTERVIEWS, "interviews", "i.csv")
    found = str(lake.rows("interviews.highlights"))
    assert "I export and filter by hand" in found
    for text in ("Do not quote me", "secret", "Forget me", "p-3"):
        assert text not in found


@pytest.mark.parametrize(
    ("consent", "kept"),
    [("yes", True), ("TRUE", True), ("granted", True), ("", False), ("no", False), ("maybe later", False)],
)  # fmt: skip
def test_only_a_clear_yes_is_consent(lake, consent, kept):
    data = f"interview_id,date,account,interviewer,theme,quote,consent\ni-1,2024-03-04,a,pm,x,text,{consent}\n"
    lake.deliver(data, "interviews", "i.csv")
    ((quote, withheld),) = lake.rows("interviews.highlights", "quote, is_withheld")
    assert (quote, withheld) == (("text", False) if kept else (None, True))


def test_a_file_that_says_nothing_of_consent_is_loaded_as_it_is(lake):
    data = "interview_id,date,account,interviewer,theme,quote\ni-1,2024-03-04,a,pm,x,text\n"
    lake.deliver(data, "interviews", "i.csv")
    assert lake.rows("interviews.highlights", "quote, consent") == [("text", None)]


def test_a_withdrawn_row_is_not_kept_in_the_quarantine_for_a_bad_date(lake):
    data = "interview_id,date,account,interviewer,theme,quote,consent\ni-1,soon,a,pm,x,text,no\ni-2,soon,a,pm,x,text,yes\n"
    lake.deliver(data, "interviews", "i.csv")
    assert lake.codes() == {3: "TIME_FORMAT"}
    assert lake.rows("interviews.highlights", "interview_id, interviewed_on") == [("i-1", None)]


def test_a_withdrawn_highlight_is_the_same_highlight(lake):
    row = "interview_id,date,account,interviewer,theme,quote,consent\ni-1,2024-03-04,a,pm,x,text,{0}\n"
    lake.deliver(row.format("yes"), "interviews", "march.csv")
    report = lake.deliver(row.format("no"), "interviews", "april.csv")
    assert (report.loaded, report.duplicate) == (0, 1)


def test_interviews_need_who_and_what(lake):
    report = lake.deliver("interview_id,date,interviewer,theme,quote\n", "interviews", "i.csv")
    assert (report.reason, "participant_id nor account" in report.message) == ("HEADER", True)
