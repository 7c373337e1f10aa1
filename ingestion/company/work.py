"""How work is told apart, as raw tables: rules of time, pulse surveys, working hours, what counts as an answer from data,
baselines, and what a process costs and saves.

Knows: `time_categories.yml`, `data_access.yml`, the baselines of `kpis.yml`, `costs` and `saves` of a process. Must not
know: YAML, entries of time, how anything is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.company import baselines
from ingestion.company.model import Company
from ingestion.declarations import Document, Problem

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Without working hours of its own a company works like this; docs/process_time.md says so.
DEFAULT_DAYS, DEFAULT_FROM, DEFAULT_TO = WEEKDAYS[:5], "09:00", "18:00"
DAY_MINUTES = 24 * 60
PROCESS_CATEGORIES = (
    "status_updates",
    "data_requests",
    "tool_configuration",
    "meeting_coordination",
)

SCHEMAS: dict[str, dict[str, str]] = {
    "time_rules": {
        "position": "bigint",
        "category_position": "bigint",
        "category": "text",
        "field": "text",
        "operator": "text",
        "value": "text",
    },
    "survey_questions": {
        "source": "text",
        "project": "text",
        "category": "text",
        "question": "text",
        "is_about_last_week": "boolean",
    },
    "working_hours": {"weekday": "bigint", "from_minute": "bigint", "to_minute": "bigint"},
    "process_rules": {"process": "text", "field": "text", "operator": "text", "value": "text"},
    "process_savings": {"process": "text", "category": "text"},
    "kpi_baselines": baselines.SCHEMA,
    "data_answers": {
        "source": "text",
        "dashboard_id": "text",
        "card_id": "text",
        "report": "text",
        "question": "text",
    },
    "data_requests": {
        "source": "text",
        "project_key": "text",
        "label": "text",
        "question_label_prefix": "text",
    },
}


def rows(company: Company) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, in the order of the files."""
    return {
        "time_rules": list(_time_rules(company.time_categories)),
        "survey_questions": list(_survey_questions(company.time_categories)),
        "working_hours": list(_working_hours(company.time_categories)),
        "process_rules": [
            {"process": tool.tool, **_condition(rule)}
            for tool in company.tools
            for rule in tool.costs
        ],
        "process_savings": [
            {"process": tool.tool, "category": category}
            for tool in company.tools
            for category in tool.saves
        ],
        "kpi_baselines": baselines.rows(company),
        "data_answers": [
            {column: _text(answer.get(column)) for column in SCHEMAS["data_answers"]}
            for answer in company.data_access.get("answers") or []
        ],
        "data_requests": [
            {column: _text(request.get(column)) for column in SCHEMAS["data_requests"]}
            for request in company.data_access.get("requests") or []
        ],
    }


def problems(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """What the forms of the files cannot say: a rule without a text, hours that are none, a range that ends before it begins."""
    if document := documents.get("time_categories.yml"):
        yield from _time_problems(document)
    if document := documents.get("kpis.yml"):
        yield from baselines.problems(document)
    if document := documents.get("tools.yml"):
        for n, process in enumerate((document.value or {}).get("processes") or []):
            yield from _rule_problems(document, ("processes", n, "costs"), process.get("costs"))


def _time_problems(document: Document) -> Iterator[Problem]:
    value = document.value or {}
    for n, category in enumerate(value.get("categories") or []):
        yield from _rule_problems(document, ("categories", n, "rules"), category.get("rules"))
    yield from _survey_problems(document, value.get("surveys") or [])
    hours = value.get("working_hours") or {}
    for n, day in enumerate(hours.get("days") or []):
        if str(day).lower()[:3] not in WEEKDAYS:
            place = ("working_hours", "days", n)
            yield document.problem(place, f"`{day}` is no day; write {', '.join(WEEKDAYS)}")
    first, last = (
        _minutes(hours.get("from", DEFAULT_FROM)),
        _minutes(hours.get("to", DEFAULT_TO)),
    )
    if first is None or last is None or first >= last:
        message = 'from and to are times of one day, such as from: "09:00", to: "18:00"'
        yield document.problem(("working_hours",), message)


def _survey_problems(document: Document, surveys: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for n, survey in enumerate(surveys):
        missing = [name for name in PROCESS_CATEGORIES if name not in survey["questions"]]
        if missing:
            message = f"asks nothing about {', '.join(missing)}; hours are compared over all four categories"
            yield document.problem(("surveys", n, "questions"), message)
        place = (survey["source"], str(survey.get("project") or ""))
        if place in seen:
            message = "these exports are a pulse survey already; one declaration has all questions"
            yield document.problem(("surveys", n), message)
        seen.add(place)


def _rule_problems(
    document: Document, place: tuple[str | int, ...], rules: Sequence[Mapping[str, Any]] | None
) -> Iterator[Problem]:
    for n, rule in enumerate(rules or []):
        if not rule.get("field") or bool(rule.get("contains")) == bool(rule.get("equals")):
            message = "a rule has a `field` and one of `contains` and `equals` with a text"
            yield document.problem((*place, n), message)


def _time_rules(written: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    position = 0
    for order, category in enumerate(written.get("categories") or [], 1):
        for rule in category.get("rules") or []:
            position += 1
            yield {
                "position": position,
                "category_position": order,
                "category": str(category["id"]),
                **_condition(rule),
            }


def _survey_questions(written: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for survey in written.get("surveys") or []:
        for category, question in survey["questions"].items():
            yield {
                "source": survey["source"],
                "project": _text(survey.get("project")),
                "category": category,
                "question": str(question),
                "is_about_last_week": survey.get("about") == "last_week",
            }


def _condition(rule: Mapping[str, Any]) -> dict[str, str]:
    operator = "contains" if rule.get("contains") else "equals"
    return {"field": str(rule["field"]), "operator": operator, "value": str(rule[operator])}


def _working_hours(written: Mapping[str, Any]) -> Iterator[dict[str, int]]:
    hours = written.get("working_hours") or {}
    days = {str(day).lower()[:3] for day in hours.get("days") or DEFAULT_DAYS}
    for weekday, name in enumerate(WEEKDAYS, 1):
        if name in days:
            yield {
                "weekday": weekday,
                "from_minute": _minutes(hours.get("from", DEFAULT_FROM)) or 0,
                "to_minute": _minutes(hours.get("to", DEFAULT_TO)) or DAY_MINUTES,
            }


def _minutes(written: Any) -> int | None:
    """Minutes since midnight. YAML reads an unquoted 18:00 as the number 1080, in base sixty: the same minutes."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written if 0 <= written <= DAY_MINUTES else None
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)", str(written).strip(), re.ASCII)
    minutes = int(found[1]) * 60 + int(found[2]) if found else None
    return minutes if minutes is not None and minutes <= DAY_MINUTES else None


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
