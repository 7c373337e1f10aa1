"""The traps of Qualtrics' exports, each with what goes in and what comes out."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from literal_exports import EXPORTS, fixture
from literal_exports.surveys import QUALTRICS

from ingestion.load import IngestSettings

NPS = fixture("qualtrics/nps.csv")
LEGACY = (EXPORTS / "qualtrics/legacy.csv").read_bytes()
FIXED = {"StartDate": "startDate", "EndDate": "endDate", "Status": "status", "Finished": "finished", "RecordedDate": "recordedDate", "ResponseId": "_recordId"}  # fmt: skip


def deliver(lake, data, settings=None, name="q.csv"):
    lake.settings = IngestSettings({"qualtrics": {"projects": {"p": settings or {}}}})
    return lake.deliver(data, "qualtrics", name)


def rows(lake, columns):
    return lake.rows("qualtrics.responses", columns)


def export(columns, *answers, zone=None, delimiter=","):
    """An export with the fixed columns, `columns` {name: (import id, question)}, and (status, finished, id, *cells)."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow([*FIXED, *columns])
    writer.writerow([*FIXED, *(question for _, question in columns.values())])
    dates = {"timeZone": zone} if zone else {}
    imports = [{"ImportId": i, **(dates if i.endswith("Date") else {})} for i in FIXED.values()]
    imports += [{"ImportId": i} if isinstance(i, str) else i for i, _ in columns.values()]
    writer.writerow([json.dumps(told) for told in imports])
    time = "2024-03-04 15:17:40"
    for status, finished, key, *cells in answers:
        writer.writerow([time, time, status, finished, time, key, *cells])
    return out.getvalue()


QUESTION = {
    "Q1": ("QID1", "How likely?"),
    "Q1_NPS_GROUP": ("QID1_NPS_GROUP", "How likely? - Group"),
}


def test_the_zone_of_the_head_goes_before_the_settings(lake):
    deliver(lake, NPS, {**QUALTRICS, "timezone": "Asia/Tokyo"})
    assert rows(lake, "cast(answered_at as varchar)") == [("2024-03-04 22:17:40",)]


@pytest.mark.parametrize(("settings", "utc"), [({}, "2024-03-04 15:17:40"), ({"timezone": "America/Denver"}, "2024-03-04 22:17:40")])  # fmt: skip
def test_without_a_zone_in_the_head_the_settings_hold_else_utc(lake, settings, utc):
    deliver(lake, export({}, ("0", "1", "R_1")), settings)
    assert rows(lake, "cast(answered_at as varchar)") == [(utc,)]


@pytest.mark.parametrize(
    ("status", "filtered"),
    [("0", 0), ("IP Address", 0), ("8", 0), ("Spam", 0), ("1", 1), ("Survey Preview", 1), ("2", 1), ("Survey Test", 1)],
)  # fmt: skip
def test_previews_are_filtered_and_counted(lake, status, filtered):
    report = deliver(
        lake, export(QUESTION, (status, "1", "R_1", "9", "3"), ("0", "1", "R_2", "9", "3"))
    )
    assert (report.loaded, report.filtered) == (2 - filtered, filtered)


def test_the_question_with_an_nps_group_is_the_score(lake):
    deliver(lake, export(QUESTION, ("0", "True", "R_1", "6", "1")))
    assert rows(lake, "score, score_from, is_finished") == [(6, "QID1", True)]


def test_two_nps_questions_are_no_score_unless_one_is_named(lake):
    columns = {**QUESTION, "Q5": ("QID5", "Again?"), "Q5_NPS_GROUP": ("QID5_NPS_GROUP", "")}
    data = export(columns, ("0", "1", "R_1", "6", "1", "9", "3"))
    deliver(lake, data)
    assert rows(lake, "score, score_from") == [(None, None)]


@pytest.mark.parametrize("name", ["QID1", "Q1", "how likely?"])
def test_the_settings_name_the_score_by_import_id_name_or_question(lake, name):
    data = export({"Q1": ("QID1", "How likely?")}, ("0", "False", "R_1", "10 - Extremely likely"))
    deliver(lake, data, {"columns": {"score": name}})
    assert rows(lake, "score, is_finished") == [(10, False)]


def test_a_renamed_question_is_still_found_by_its_import_id(lake):
    data = export({"likelihood": ("QID1", "Wie wahrscheinlich?")}, ("0", "1", "R_1", "3"))
    deliver(lake, data, QUALTRICS | {"columns": {"score": "QID1"}})
    assert rows(lake, "score") == [(3,)]


def test_a_question_that_is_not_there_names_the_nearest(lake):
    report = deliver(lake, NPS, {"columns": {"score": "QID11"}})
    assert (report.reason, "QID1" in report.message) == ("HEADER", True)


def test_without_a_known_score_answers_are_loaded_without_one(lake):
    assert deliver(lake, NPS).loaded == 1
    assert rows(lake, "score, score_from, user_id") == [(None, None, "u-8842")]


@pytest.mark.parametrize(("cell", "code"), [("11", "SCORE_RANGE"), ("-1", "SCORE_RANGE"), ("n/a", "SCORE_FORMAT")])  # fmt: skip
def test_scores_are_never_clamped(lake, cell, code):
    deliver(lake, export(QUESTION, ("0", "1", "R_1", cell, ""), ("0", "1", "R_2", "", "")))
    assert lake.codes() == {4: code}


def test_columns_with_one_import_id_and_several_choices_are_kept_apart(lake):
    columns = {
        "Q1_DO_1": ({"ImportId": "QID1_DO", "choiceId": "1"}, "a"),
        "Q1_DO_2": ({"ImportId": "QID1_DO", "choiceId": "2"}, "b"),
        "plan": ("plan", "plan"),
    }
    assert deliver(lake, export(columns, ("0", "1", "R_1", "x", "y", "pro"))).loaded == 1
    answers, embedded = rows(lake, "answers, embedded_data")[0]
    assert [answer["id"] for answer in json.loads(answers)] == ["QID1_DO_1", "QID1_DO_2"]
    assert json.loads(embedded) == {"plan": "pro"}


def test_the_legacy_format_has_two_rows_a_mark_and_an_empty_column(lake):
    report = deliver(lake, LEGACY)
    assert (report.loaded, report.filtered, report.quarantined) == (1, 1, 0)
    names = "response_id, user_id, score, is_finished, cast(answered_at as varchar), embedded_data"
    assert rows(lake, names) == [("R_0cVWVURJUzEpEbz", "u-8842", 6, True, "2016-01-28 08:57:53", '{"plan": "pro"}')]  # fmt: skip
    assert lake.ingest(lake.inbox / "q.csv", None).source == "qualtrics"


def test_a_tsv_in_utf_16_inside_a_zip_is_read(lake):
    data = export(QUESTION, ("0", "1", "R_1", "9", "3"), zone="Europe/Berlin", delimiter="\t")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Survey.tsv", data.encode("utf-16"))
    assert deliver(lake, packed.getvalue(), name="q.zip").loaded == 1
    assert rows(lake, "score, cast(answered_at as varchar)") == [(9, "2024-03-04 14:17:40")]


def test_without_the_third_row_the_file_is_refused(lake):
    lines = NPS.split("\n")
    report = deliver(lake, "\n".join([*lines[:2], *lines[3:]]))
    assert report.reason == "HEADER"
    assert "ImportId" in report.message


def test_a_recorded_change_is_the_newer_version(lake):
    changed = NPS.replace("2024-03-04 15:17:41", "2024-03-05 15:17:41").replace(",9,", ",2,")
    deliver(lake, changed, QUALTRICS, "1.csv")
    deliver(lake, NPS, QUALTRICS, "2.csv")
    assert set(rows(lake, "max_by(score, recorded_at) over ()")) == {(2,)}
