"""What counts as shipping, as raw tables: which items are features, where releases are seen, what a launch checklist is,
and which function of the company has a work item in which status.

Knows: `delivery.yml`. Must not know: YAML, issues, releases, how anything is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingestion.company.model import Company
from ingestion.declarations import Document, Problem

FUNCTIONS = ("product", "design", "engineering", "go_to_market")
_ITEMS = ("project_key", "issue_type", "label")

SCHEMAS: dict[str, dict[str, str]] = {
    "delivery_features": {
        "source": "text",
        "project_key": "text",
        "issue_type": "text",
        "label": "text",
        "owner": "text",
        "release": "text",
    },
    "delivery_releases": {"source": "text"},
    "delivery_checklists": {
        "source": "text",
        "project_key": "text",
        "issue_type": "text",
        "label": "text",
    },
    "delivery_functions": {
        "source": "text",
        "project_key": "text",
        "status": "text",
        "function": "text",
    },
}


def rows(company: Company) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, in the order of the file."""
    written = company.delivery
    return {
        "delivery_features": [
            {
                "source": rule["source"],
                **{key: _text(rule.get(key)) for key in _ITEMS},
                "owner": rule.get("owner") or "assignee",
                "release": rule.get("release") or "fix_version",
            }
            for rule in written.get("features") or []
        ],
        "delivery_releases": [
            {"source": source}
            for source in dict.fromkeys(rule["source"] for rule in written.get("releases") or [])
        ],
        "delivery_checklists": [
            {"source": rule["source"], **{key: _text(rule.get(key)) for key in _ITEMS}}
            for rule in written.get("checklists") or []
        ],
        "delivery_functions": [
            {
                "source": rule["source"],
                "project_key": _text(rule.get("project_key")),
                "status": status,
                "function": function,
            }
            for rule in written.get("functions") or []
            for function, status in _statuses(rule)
        ],
    }


def problems(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """What the form of the file cannot say: a rule that takes every issue, a status of two functions."""
    document = documents.get("delivery.yml")
    if document is None:
        return
    value = document.value or {}
    for name in ("features", "checklists"):
        for n, rule in enumerate(value.get(name) or []):
            if not any(rule.get(key) for key in _ITEMS):
                message = "names no project_key, issue_type or label, so it would take every issue"
                yield document.problem((name, n), message)
    taken: dict[tuple[str, str, str], str] = {}
    for n, rule in enumerate(value.get("functions") or []):
        for function, status in _statuses(rule):
            place = (rule["source"], str(rule.get("project_key") or ""), status.strip().lower())
            other = taken.setdefault(place, function)
            if other != function:
                message = (
                    f"the status `{status}` is of {other} and of {function}; one function has it"
                )
                yield document.problem(("functions", n, "statuses", function), message)


def _statuses(rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for function, named in (rule.get("statuses") or {}).items():
        for status in named if isinstance(named, list) else [named]:
            yield function, str(status)


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
