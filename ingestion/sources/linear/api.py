"""Issues as objects of Linear's API, with the history of their states and assignees.

Knows: the API's fields and what one entry of a history says. Must not know: the CSV's columns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ingestion.values.fields import bag, day, identifier, inside, instant, number, part, parts, text

_TIMES = ("created", "updated", "started", "triaged", "completed", "canceled", "archived")
_KNOWN = {
    *("id", "identifier", "title", "description", "team", "state", "estimate", "priorityLabel", "priority"),
    *("project", "creator", "assignee", "labels", "cycle", "dueDate", "parent", "projectMilestone", "history"),
    *(f"{name}At" for name in _TIMES),
}  # fmt: skip


def is_issue(record: Mapping[str, Any]) -> bool:
    """An issue has an identifier beside its id, and a state or a team."""
    return {"id", "identifier", "title"} <= set(record) and bool({"state", "team"} & set(record))


def issue_of_api(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """One issue object as one row of issues."""
    cycle, milestone = part(record, "cycle"), part(record, "projectMilestone")
    labels = [text(label, "name") for label in parts(part(record, "labels"), "nodes")]
    own = {name: value for name, value in record.items() if name not in _KNOWN and value is not None}  # fmt: skip
    return {
        "issue_id": identifier(record, "identifier", required=True),
        "uuid": identifier(record, "id", required=True),
        "team": text(part(record, "team"), "key", "name"),
        "title": text(record, "title"),
        "description": text(record, "description"),
        "status": text(part(record, "state"), "name"),
        "estimate": number(record, "estimate"),
        "priority": text(record, "priorityLabel", "priority"),
        "project_id": identifier(part(record, "project"), "id"),
        "project": text(part(record, "project"), "name"),
        "creator": _person(part(record, "creator")),
        "assignee": _person(part(record, "assignee")),
        "labels": json.dumps([label for label in labels if label], ensure_ascii=False),
        "cycle_number": identifier(cycle, "number"),
        "cycle_name": text(cycle, "name"),
        "cycle_start_at": instant(cycle, "startsAt"),
        "cycle_end_at": instant(cycle, "endsAt"),
        **{f"{name}_at": instant(record, f"{name}At") for name in _TIMES},
        "due_on": day(record, "dueDate") if text(record, "dueDate") else None,
        "parent_id": identifier(part(record, "parent"), "identifier", "id"),
        "initiatives": None,
        "milestone_id": identifier(milestone, "id"),
        "milestone": text(milestone, "name"),
        **_history(record),
        "properties": bag(own),
    }


def _history(record: Mapping[str, Any]) -> dict[str, Any]:
    """What went from whom to whom; null where it was not asked for, which is not the same as no change."""
    history = record.get("history")
    if not isinstance(history, Mapping):
        return {"changelog": None, "changelog_is_complete": False}
    changes = []
    for entry in parts(history, "nodes"):
        items = []
        before, after = part(entry, "fromState"), part(entry, "toState")
        if before or after:
            items.append({"field": "status", "from_name": text(before, "name"), "to_name": text(after, "name")})  # fmt: skip
        before, after = part(entry, "fromAssignee"), part(entry, "toAssignee")
        if before or after:
            items.append({"field": "assignee", "from": identifier(before, "id"), "from_name": _person(before), "to": identifier(after, "id"), "to_name": _person(after)})  # fmt: skip
        if items:
            at = instant(entry, "createdAt", required=True)
            changes.append({"id": identifier(entry, "id"), "at": at, "items": items})
    is_cut = bool(inside(history, "pageInfo.hasNextPage"))
    return {"changelog": json.dumps(changes, ensure_ascii=False), "changelog_is_complete": not is_cut}  # fmt: skip


def _person(user: Mapping[str, Any]) -> str | None:
    return text(user, "email", "name", "displayName")
