"""The traps of Typeform's responses, each with what goes in and what comes out."""

from __future__ import annotations

import json

import pytest
from literal_exports import fixture

from ingestion.load import IngestSettings

PAGE = json.loads(fixture("typeform/responses.json"))
ITEM = PAGE["items"][0]
NPS, WHY = ITEM["answers"]
SCALE = {
    "field": {"id": "s1", "type": "opinion_scale", "ref": "scale"},
    "type": "number",
    "number": 7,
}


def delivered(lake, columns, settings=None, **changes):
    lake.settings = IngestSettings({"typeform": {"projects": {"p": settings or {}}}})
    report = lake.deliver(json.dumps({**PAGE, "items": [{**ITEM, **changes}]}), "typeform")
    assert (report.loaded, report.quarantined) == (1, 0)
    return lake.rows("typeform.responses", columns)[0]


@pytest.mark.parametrize("answers", [None, []])
def test_nothing_answered(lake, answers):
    assert delivered(lake, "score, score_from, comment, answers", answers=answers) == (None, None, None, "[]")  # fmt: skip


def test_answers_may_be_absent(lake):
    item = {
        name: value
        for name, value in ITEM.items()
        if name not in ("answers", "response_type", "variables")
    }
    assert lake.deliver(json.dumps([item]), "typeform").loaded == 1
    assert lake.rows("typeform.responses", "score, response_type") == [(None, None)]


def test_a_response_that_was_not_finished_has_no_submission(lake):
    row = delivered(
        lake,
        "submitted_at, cast(answered_at as varchar), response_type, score",
        submitted_at="0001-01-01T00:00:00Z",
        response_type="partial",
    )
    assert row == (None, "2024-03-04 21:59:53", "partial", 9)


def test_finished_later_is_the_newer_version(lake):
    partial = {**ITEM, "submitted_at": "0001-01-01T00:00:00Z", "response_type": "partial"}
    lake.deliver(json.dumps([ITEM, partial]), "typeform")
    last = "max_by(response_type, answered_at) over ()"
    assert set(lake.rows("typeform.responses", last)) == {("completed",)}


def test_a_scale_is_a_score_only_where_the_settings_say_so(lake):
    assert delivered(lake, "score, score_from", answers=[SCALE]) == (None, None)


@pytest.mark.parametrize("name", ["scale", "s1"])
def test_the_settings_name_the_score_by_ref_or_id(lake, name):
    row = delivered(lake, "score, score_from", {"columns": {"score": name}}, answers=[NPS, SCALE])
    assert row == (7, "scale")


def test_a_skipped_score_is_no_answer(lake):
    assert delivered(lake, "score, comment", {"columns": {"score": "nps_main"}}, answers=[WHY]) == (None, "Reports")  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "row"), [({}, (None, None)), ({"columns": {"score": "nps_2"}}, (2, "nps_2"))]
)
def test_two_nps_questions_are_no_score_unless_one_is_named(lake, settings, row):
    other = {**NPS, "field": {**NPS["field"], "id": "z", "ref": "nps_2"}, "number": 2}
    assert delivered(lake, "score, score_from", settings, answers=[NPS, other]) == row


def test_the_quiz_score_is_never_nps(lake):
    assert delivered(lake, "score, calculated_score", answers=[], calculated={"score": 9}) == (None, 9.0)  # fmt: skip


@pytest.mark.parametrize(
    ("number", "code"), [(11, "SCORE_RANGE"), (-1, "SCORE_RANGE"), (7.5, "SCORE_FORMAT"), (True, "SCORE_FORMAT")]
)  # fmt: skip
def test_scores_are_never_clamped(lake, number, code):
    item = {**ITEM, "answers": [{**NPS, "number": number}]}
    lake.deliver(json.dumps({**PAGE, "items": [item, {**ITEM, "token": "b"}]}), "typeform")
    assert lake.codes() == {1: code}


def test_an_empty_hidden_field_is_nobody(lake):
    assert delivered(lake, "user_id", hidden={"user_id": ""}) == (None,)


def test_the_settings_name_the_hidden_fields_of_user_and_wave(lake):
    settings = {"columns": {"user": "customer", "wave": "round"}}
    hidden = {"customer": "c-7", "round": "2024Q1"}
    assert delivered(lake, "user_id, wave", settings, hidden=hidden) == ("c-7", "2024Q1")


CSV = "#,How likely?,Submit Date (UTC)\nr1,9,2024-03-04 22:00:24\n"


@pytest.mark.parametrize(
    ("columns", "scores"),
    [({}, [(None, None)]), ({"score": "How likely?"}, [(9, "How likely?")])],
)
def test_the_score_of_a_csv_is_named_by_its_question(lake, columns, scores):
    lake.settings = IngestSettings({"typeform": {"projects": {"p": {"columns": columns}}}})
    assert lake.deliver(CSV, "typeform", "r.csv").loaded == 1
    assert lake.rows("typeform.responses", "score, score_from") == scores


def test_a_question_that_the_csv_lacks_is_refused(lake):
    lake.settings = IngestSettings({"typeform": {"projects": {"p": {"columns": {"score": "nps"}}}}})
    report = lake.deliver(CSV, "typeform", "r.csv")
    assert (report.reason, "How likely?" in report.message) == ("HEADER", True)
