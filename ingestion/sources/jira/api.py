"""Issues and versions as objects of the REST API, old search and new.

Knows: the API's fields, custom fields and change log. Must not know: the CSV's columns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ingestion.spec import BadRecord, Context
from ingestion.values.fields import (
    bag,
    boolean,
    day,
    identifier,
    inside,
    instant,
    integer,
    number,
    part,
    parts,
    text,
)

_SPRINT_TEXT = "com.atlassian.greenhopper.service.sprint.Sprint"
_BLOCKS = ("paragraph", "heading", "listItem", "codeBlock", "blockquote", "tableRow", "rule")


def issue_of_api(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One issue object as one row of issues."""
    fields = record.get("fields")
    if not isinstance(fields, Mapping):
        raise BadRecord("TYPE", "the issue has no fields")
    points = _points_field(context)
    own = {name: value for name, value in fields.items() if name.startswith("customfield_") and value is not None}  # fmt: skip
    category = text(part(part(fields, "status"), "statusCategory"), "key")
    return {
        "issue_id": identifier(record, "id", required=True),
        "issue_key": identifier(record, "key", required=True),
        "project_key": text(part(fields, "project"), "key") or _project_of(text(record, "key")),
        "project_name": text(part(fields, "project"), "name"),
        "issue_type": text(part(fields, "issuetype"), "name"),
        "summary": text(fields, "summary"),
        "description": _written(fields.get("description")),
        "status": text(part(fields, "status"), "name"),
        "status_category": category if category in ("new", "indeterminate", "done") else None,
        "priority": text(part(fields, "priority"), "name"),
        "resolution": text(part(fields, "resolution"), "name"),
        **_person("assignee", fields),
        **_person("reporter", fields),
        "creator": _name(part(fields, "creator")),
        "creator_id": _id(part(fields, "creator")),
        "created_at": instant(fields, "created"),
        "updated_at": instant(fields, "updated"),
        "resolved_at": instant(fields, "resolutiondate"),
        "due_on": day(fields, "duedate"),
        "labels": _names(fields.get("labels")),
        "components": _names(fields.get("components")),
        "fix_versions": _names(fields.get("fixVersions")),
        "sprints": _names(_sprints(fields)),
        "story_points": number(fields, points) if points else None,
        "original_estimate_seconds": integer(fields, "timeoriginalestimate"),
        "remaining_estimate_seconds": integer(fields, "timeestimate"),
        "time_spent_seconds": integer(fields, "timespent"),
        "parent_id": identifier(part(fields, "parent"), "id"),
        "parent_key": identifier(part(fields, "parent"), "key"),
        **_changelog(record),
        "properties": bag(own),
    }


def version_of_api(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """One version of a project; released does not mean that it has a date."""
    return {
        "version_id": identifier(record, "id", required=True),
        "name": text(record, "name"),
        "description": text(record, "description"),
        "is_archived": boolean(record, "archived"),
        "is_released": boolean(record, "released"),
        "is_overdue": boolean(record, "overdue"),
        "start_on": day(record, "startDate"),
        "release_on": day(record, "releaseDate"),
        "project_id": identifier(record, "projectId"),
        "project_key": identifier(record, "project"),
    }


def _points_field(context: Context) -> str | None:
    """The custom field of story points: declared, or named by a page that was asked with `expand=names`."""
    declared = (context.settings.get("columns") or {}).get("story_points")
    if declared:
        return str(declared)
    names = part(context.page, "names")
    wanted = ("story points", "story point estimate")
    return next((key for key, name in names.items() if str(name).lower() in wanted), None)


def _person(role: str, fields: Mapping[str, Any]) -> dict[str, str | None]:
    person = part(fields, role)
    return {
        role: _name(person),
        f"{role}_id": _id(person),
        f"{role}_email": text(person, "emailAddress"),
    }


def _name(person: Mapping[str, Any]) -> str | None:
    return text(person, "displayName", "name")


def _id(person: Mapping[str, Any]) -> str | None:
    return identifier(person, "accountId", "key", "name")


def _names(values: Any) -> str:
    found = values if isinstance(values, list) else []
    names = [item.get("name") if isinstance(item, Mapping) else item for item in found]
    return json.dumps([str(name) for name in names if name is not None], ensure_ascii=False)


def _sprints(fields: Mapping[str, Any]) -> list[Any]:
    """Sprints stand in a custom field whose number differs by site; older servers write them as text."""
    for name, value in fields.items():
        if name == "sprint" and isinstance(value, Mapping):
            return [value]
        if not name.startswith("customfield_") or not isinstance(value, list) or not value:
            continue
        first = value[0]
        if isinstance(first, Mapping) and "boardId" in first and "name" in first:
            return value
        if isinstance(first, str) and first.startswith(_SPRINT_TEXT):
            return [_between(str(item), "name=", ",") for item in value]
    return []


def _between(written: str, before: str, after: str) -> str:
    return written.partition(before)[2].partition(after)[0]


def _changelog(record: Mapping[str, Any]) -> dict[str, Any]:
    """Who changed what and when; null where the page was asked without it, which is not the same as no change."""
    log = record.get("changelog")
    if not isinstance(log, Mapping):
        return {"changelog": None, "changelog_is_complete": False}
    histories = parts(log, "histories") or parts(log, "values")
    changes = [
        {
            "id": identifier(history, "id"),
            "at": instant(history, "created", required=True),
            "author_id": _id(part(history, "author")),
            "items": [
                {
                    "field": text(item, "fieldId", "field"),
                    "from": text(item, "from"),
                    "from_name": text(item, "fromString"),
                    "to": text(item, "to"),
                    "to_name": text(item, "toString"),
                }
                for item in parts(history, "items")
            ],
        }
        for history in histories
    ]
    total = inside(log, "total")
    is_complete = not isinstance(total, int) or total <= len(changes)
    return {"changelog": json.dumps(changes, ensure_ascii=False), "changelog_is_complete": is_complete}  # fmt: skip


def _written(value: Any) -> str | None:
    """A description's text: written as text by API 2, as a document of nodes by API 3."""
    if isinstance(value, Mapping):
        return "".join(_nodes(value)).strip() or None
    return text({"description": value}, "description")


def _nodes(node: Mapping[str, Any]) -> list[str]:
    kind = node.get("type")
    if kind == "text":
        return [str(node.get("text") or "")]
    if kind == "hardBreak":
        return ["\n"]
    if kind in ("mention", "emoji", "inlineCard"):
        attributes = part(node, "attrs")
        return [str(attributes.get("text") or attributes.get("url") or "")]
    found = [piece for child in parts(node, "content") for piece in _nodes(child)]
    if kind in _BLOCKS and not (found and found[-1].endswith("\n")):
        found.append("\n")
    return found


def _project_of(key: str | None) -> str | None:
    return key.rsplit("-", 1)[0] if key and "-" in key else None
