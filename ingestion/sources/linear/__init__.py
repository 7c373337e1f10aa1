"""Reader of Linear: the CSV of issues, from its 13 to its 34 columns, and issues of the API with their history.

Knows: Linear's columns and both ways it writes times. Must not know: which issues are features or data requests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.sources.linear.api import is_issue, issue_of_api
from ingestion.spec import Context, Reader, Sample
from ingestion.values.fields import bag, day, identifier, instant, match_header, number, text
from ingestion.values.localtime import parse_local

_ALIASES = {
    "issue_id": ("ID",),
    "uuid": ("UUID",),
    "team": ("Team",),
    "title": ("Title",),
    "description": ("Description",),
    "status": ("Status",),
    "estimate": ("Estimate",),
    "priority": ("Priority",),
    "project_id": ("Project ID",),
    "project": ("Project",),
    "creator": ("Creator",),
    "assignee": ("Assignee",),
    "labels": ("Labels",),
    "cycle_number": ("Cycle Number",),
    "cycle_name": ("Cycle Name",),
    "cycle_start": ("Cycle Start",),
    "cycle_end": ("Cycle End",),
    "created": ("Created",),
    "updated": ("Updated",),
    "started": ("Started",),
    "triaged": ("Triaged",),
    "completed": ("Completed",),
    "canceled": ("Canceled", "Cancelled"),
    "archived": ("Archived",),
    "due": ("Due Date",),
    "parent_id": ("Parent issue",),
    "initiatives": ("Initiatives",),
    "milestone_id": ("Project Milestone ID",),
    "milestone": ("Project Milestone",),
}
_TIMES = ("cycle_start", "cycle_end", "created", "updated", "started", "triaged", "completed", "canceled", "archived")  # fmt: skip
_OF_LINEAR = {"team", "creator", "assignee", "completed", "canceled", "cyclename", "parentissue", "projectid"}  # fmt: skip
# A JavaScript date: `Tue May 14 2024 08:53:33 GMT+0000 (Coordinated Universal Time)`.
_SCRIPT_DATE = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} \d{1,2} \d{4} \d{2}:\d{2}:\d{2} GMT[+-]\d{4})(?: \(.*\))?")  # fmt: skip


def looks_like(sample: Sample) -> bool:
    """Linear calls an issue's key ID, its name Title, and knows teams and cancelled issues."""
    if sample.shape != "csv":
        return any(is_issue(record) for record in sample.records)
    named = {"".join(char for char in name.casefold() if char.isalnum()) for name in sample.header}
    return {"id", "title", "status"} <= named and len(named & _OF_LINEAR) >= 3


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header; exports have the columns that their year and plan had."""
    return match_header(next(rows), _ALIASES, ("issue_id", "title"), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One issue as one row."""
    if "identifier" in record:
        return issue_of_api(record)
    times = {f"{name}_at": _time(record, name, context) for name in _TIMES}
    own = {name: value for name, value in record.items() if name not in _ALIASES and value}
    return {
        "issue_id": identifier(record, "issue_id", required=True),
        "uuid": identifier(record, "uuid"),
        **{
            name: text(record, name)
            for name in (
                *("team", "title", "description", "status", "priority", "project"),
                *("creator", "assignee", "cycle_name", "initiatives", "milestone"),
            )
        },
        "estimate": number(record, "estimate"),
        "project_id": identifier(record, "project_id"),
        "labels": json.dumps(_labels(text(record, "labels")), ensure_ascii=False),
        "cycle_number": identifier(record, "cycle_number"),
        **times,
        "due_on": day(record, "due") if text(record, "due") else None,
        "parent_id": identifier(record, "parent_id"),
        "milestone_id": identifier(record, "milestone_id"),
        "changelog": None,
        "changelog_is_complete": False,
        "properties": bag(own),
    }


def _time(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    """A time in UTC, as ISO 8601 or as a script's date."""
    written = (text(record, name) or "").strip()
    found = _SCRIPT_DATE.fullmatch(written)
    if found:
        return parse_local(found.group(1), "UTC", ("%b %d %Y %H:%M:%S GMT%z",), name)
    return instant({name: written}, name, context=context)


def _labels(written: str | None) -> list[str]:
    """Labels of the one cell that holds them all."""
    return [label.strip() for label in (written or "").split(",") if label.strip()]


READER = Reader(
    source="linear",
    formats=("csv", "json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    page_keys=("nodes",),
)
