"""The traps of SurveyMonkey's CSV, each with what goes in and what comes out."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from literal_exports import fixture
from literal_exports.surveys import SURVEYMONKEY

from ingestion.load import IngestSettings

NPS = fixture("surveymonkey/nps.csv")
HEAD = "Respondent ID,Collector ID,Start Date,End Date,How likely?,Why?\n,,,,Response,Open-Ended Response\n"
LIKELY = {"timezone": "UTC", "columns": {"score": "How likely?", "comment": "Why?"}}


def deliver(lake, data, settings=LIKELY, name="s.csv"):
    lake.settings = IngestSettings({"surveymonkey": {"projects": {"p": settings}}})
    return lake.deliver(data, "surveymonkey", name)


def rows(lake, columns):
    return lake.rows("surveymonkey.responses", columns)


def test_without_a_zone_the_file_is_refused(lake):
    report = deliver(lake, NPS, {})
    assert report.reason == "TIME_FORMAT"
    assert "sources.surveymonkey.projects.p.timezone" in report.message


def test_the_csv_inside_the_downloaded_zip_is_read_and_names_the_survey(lake):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("CSV/Product survey.csv", NPS)
    report = deliver(lake, packed.getvalue(), SURVEYMONKEY, "Data_All_240305.zip")
    assert (report.loaded, report.quarantined) == (2, 0)
    assert rows(lake, "distinct survey") == [("Product survey",)]


def test_questions_over_several_lines_do_not_break_the_header(lake):
    data = 'Respondent ID,Collector ID,Date Created,Date Modified,"How likely,\nreally?"\n,,,,Response\n1,2,03/04/2024 10:15:02 AM,03/04/2024 10:15:09 AM,9\n'
    settings = {"timezone": "UTC", "columns": {"score": "How likely, really?"}}
    assert deliver(lake, data, settings).loaded == 1
    assert rows(lake, "score, cast(ended_at as varchar)") == [(9, "2024-03-04 10:15:09")]


def test_repeated_headers_get_a_number(lake):
    data = "Respondent ID,Collector ID,Start Date,End Date,Rate us,,Rate us,\n,,,,Speed,Speed,Speed,Price\n1,2,03/04/2024 10:15:02,03/04/2024 10:16:02,a,b,c,d\n"
    assert deliver(lake, data, {"timezone": "UTC"}).loaded == 1
    assert json.loads(rows(lake, "answers")[0][0]) == {
        "Rate us | Speed": "a", "Rate us | Speed (2)": "b", "Rate us | Speed (3)": "c", "Rate us | Price": "d"
    }  # fmt: skip


def test_the_settings_name_a_question_or_one_of_its_columns(lake):
    data = "Respondent ID,Collector ID,Start Date,End Date,Rate us,\n,,,,Support,Product\n1,2,03/04/2024 10:15:02,03/04/2024 10:16:02,3,9\n"
    report = deliver(lake, data, {"timezone": "UTC", "columns": {"score": "Rate us"}})
    assert (report.reason, "Rate us | Product" in report.message) == ("HEADER", True)
    assert (
        deliver(lake, data, {"timezone": "UTC", "columns": {"score": "rate us | product"}}).loaded
        == 1
    )
    assert rows(lake, "score") == [(9,)]


def test_a_question_that_is_not_there_names_the_nearest(lake):
    report = deliver(
        lake,
        HEAD + "1,2,03/04/2024 10:15,,9,\n",
        {"timezone": "UTC", "columns": {"score": "How likly?"}},
    )
    assert report.reason == "HEADER"
    assert "How likely?" in report.message


def test_without_a_setting_answers_are_loaded_without_a_score(lake):
    assert deliver(lake, NPS, {"timezone": "UTC"}).loaded == 2
    assert rows(lake, "distinct score, score_from") == [(None, None)]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("03/04/2024 10:15:02 PM", "2024-03-05 03:15:02"),
        ("03/04/2024 10:15 PM", "2024-03-05 03:15:00"),
        ("03/04/2024 22:15:02", "2024-03-05 03:15:02"),
        ("07/04/2024 22:15", "2024-07-05 02:15:00"),
        ("03/10/2024 02:30:00 AM", "2024-03-10 07:30:00"),
        ("11/03/2024 01:30:00 AM", "2024-11-03 05:30:00"),
    ],
)
def test_times_are_month_first_in_the_accounts_zone(lake, written, utc):
    settings = {"timezone": "America/New_York"}
    deliver(lake, HEAD + f"1,2,{written},{written},9,\n", settings)
    assert rows(lake, "cast(answered_at as varchar)") == [(utc,)]


@pytest.mark.parametrize(("order", "codes"), [(None, {3: "TIME_FORMAT"}), ("dmy", {})])
def test_a_day_first_account_says_so(lake, order, codes):
    row = "1,2,31/03/2024 10:15:02,31/03/2024 10:15:02,9,\n"
    deliver(lake, HEAD + row, {**LIKELY, **({"date_order": order} if order else {})})
    assert lake.codes() == codes


@pytest.mark.parametrize(
    ("cell", "score", "code"),
    [
        ("0", 0, None),
        ("10 - Extremely likely", 10, None),
        ("Not at all likely - 0", 0, None),
        ("", None, None),
        ("11", None, "SCORE_RANGE"),
        ("11 - Off the scale", None, "SCORE_RANGE"),
        ("7.5", None, "SCORE_FORMAT"),
        ("9/10", None, "SCORE_FORMAT"),
        ("Sep-09", None, "SCORE_FORMAT"),
        ("Extremely likely", None, "SCORE_FORMAT"),
    ],
)
def test_score_cells_may_carry_a_label(lake, cell, score, code):
    time = "03/04/2024 10:15:02"
    deliver(lake, HEAD + f"1,2,{time},{time},{cell},\n")
    assert lake.codes() == ({3: code} if code else {})
    if not code:
        assert rows(lake, "score") == [(score,)]


def test_without_the_second_header_row_the_file_is_refused(lake):
    data = "Respondent ID,Collector ID,Start Date,End Date,How likely?\n1,2,03/04/2024 10:15,03/04/2024 10:15,9\n"
    assert deliver(lake, data).reason == "HEADER"
    assert deliver(lake, data.split("\n")[0] + "\n").reason == "HEADER"


def test_a_respondent_id_that_a_spreadsheet_rounded_is_refused(lake):
    time = "03/04/2024 10:15:02"
    deliver(lake, HEAD + f"1.14222E+11,2,{time},{time},9,\n114222333444,2,{time},{time},9,\n")
    assert lake.codes() == {3: "EXCEL_MANGLED_ID"}
    assert rows(lake, "response_id") == [("114222333444",)]


def test_an_answer_that_was_changed_is_the_newer_version(lake):
    for day, score in (("05", 2), ("04", 9)):
        row = f"1,2,03/04/2024 10:15:02,03/{day}/2024 10:16:02,{score},\n"
        deliver(lake, HEAD + row, name=f"{day}.csv")
    last = "max_by(score, answered_at) over ()"
    assert set(rows(lake, last)) == {(2,)}


def test_an_empty_survey_is_no_error(lake):
    assert deliver(lake, HEAD).status == "empty"
