"""Rules of time, working hours, baselines, costs of processes and data access: their rows, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.company import work
from ingestion.company.load import load
from ingestion.declarations import CompanyError

PULSE = "{source: typeform, questions: {status_updates: a, data_requests: b, tool_configuration: c, meeting_coordination: d}}"  # fmt: skip


def company(folder: Path, **files: str) -> Path:
    (folder / "settings.yml").write_text("company: Acme\n")
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def test_rules_keep_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "categories:\n"
        "  - {id: status_updates, rules: [{field: title, contains: Status}, {field: tag, equals: x}]}\n"
        "  - {id: data_requests, rules: [{field: project, equals: Data}]}\n"
    )
    rows = work.rows(load(company(tmp_path, time_categories=text)))["time_rules"]
    assert [tuple(row.values()) for row in rows] == [
        (1, 1, "status_updates", "title", "contains", "Status"),
        (2, 1, "status_updates", "tag", "equals", "x"),
        (3, 2, "data_requests", "project", "equals", "Data"),
    ]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("", [(day, 540, 1080) for day in range(1, 6)]),
        ('working_hours: {days: [mon, Saturday], from: "08:30", to: "24:00"}', [(1, 510, 1440), (6, 510, 1440)]),
        # unquoted, YAML reads a time as a number of minutes
        ("working_hours: {days: [sun], from: 9:00, to: 18:00}", [(7, 540, 1080)]),
    ],
)  # fmt: skip
def test_working_hours_are_minutes_of_days(tmp_path: Path, hours: str, expected: list) -> None:
    rows = work.rows(load(company(tmp_path, time_categories=f"categories: []\n{hours}\n")))
    assert [tuple(row.values()) for row in rows["working_hours"]] == expected


def test_questions_of_a_pulse_survey_become_rows(tmp_path: Path) -> None:
    text = f"surveys:\n  - {PULSE[:-1]}, about: last_week}}\n"
    rows = work.rows(load(company(tmp_path, time_categories=text)))["survey_questions"]
    assert [tuple(row.values()) for row in rows][0] == ("typeform", None, "status_updates", "a", True)  # fmt: skip
    assert [row["question"] for row in rows] == ["a", "b", "c", "d"]


def test_processes_baselines_and_data_access_become_rows(tmp_path: Path) -> None:
    files = {
        "tools": "processes: [{id: rite, costs: [{field: title, contains: rite}], saves: [data_requests]}]\n",
        "kpis": "baselines: {K4: {calendar: {from: 2025-09-01, to: 2025-09-29}}}\n",
        "data_access": (
            "answers: [{source: metabase, dashboard_id: 12, question: retention}]\n"
            "requests: [{source: jira, project_key: DATA, label: data-request, question_label_prefix: q-}]\n"
        ),
    }
    rows = work.rows(load(company(tmp_path, **files)))
    assert [tuple(row.values()) for row in rows["process_rules"]] == [("rite", "title", "contains", "rite")]  # fmt: skip
    assert [tuple(row.values()) for row in rows["process_savings"]] == [("rite", "data_requests")]
    assert [str(v) for v in rows["kpi_baselines"][0].values()][:4] == ["K4", "calendar", "2025-09-01", "2025-09-29"]  # fmt: skip
    assert [tuple(row.values()) for row in rows["data_answers"]] == [("metabase", "12", None, None, "retention")]  # fmt: skip
    assert [tuple(row.values()) for row in rows["data_requests"]] == [("jira", "DATA", "data-request", "q-")]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        ("time_categories", "categories:\n  - id: a\n    rules:\n      - {field: title}\n", 4, "one of `contains` and `equals`"),
        ("time_categories", "categories:\n  - {id: a, rules: [{field: tag, contains: x, equals: y}]}\n", 2, "one of `contains` and `equals`"),
        ("time_categories", 'working_hours: {from: "18:00", to: "09:00"}\n', 1, "times of one day"),
        ("time_categories", 'working_hours: {from: "nine", to: "18:00"}\n', 1, "times of one day"),
        ("time_categories", "working_hours:\n  days: [mon, noday]\n", 2, "`noday` is no day"),
        ("kpis", "baselines:\n  K4:\n    calendar: {from: 2025-09-29, to: 2025-09-29}\n", 3, "`to` is not after `from`"),
        ("tools", "processes:\n  - {id: rite, costs: [{contains: x}]}\n", 2, "a rule has a `field`"),
        ("tools", "tools:\n  - {id: board, usage: [{source: okla}]}\n", 2, "`okla` is no source"),
        ("time_categories", "surveys:\n  - source: typeform\n    questions: {status_updates: a, data_requests: b, tool_configuration: c}\n", 3, "asks nothing about meeting_coordination"),
        ("time_categories", f"surveys:\n  - {PULSE}\n  - {PULSE}\n", 3, "are a pulse survey already"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_line(
    tmp_path: Path, name: str, text: str, line: int, said: str
) -> None:
    with pytest.raises(CompanyError) as refused:
        load(company(tmp_path, **{name: text}))
    (problem,) = refused.value.problems
    assert problem.line == line and said in problem.message
