"""Issues as rows of a CSV: the export of all fields, and the data pipeline of a server.

Knows: Jira's column names, display dates and estimates. Must not know: the API's form of an issue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ingestion.spec import Context, Reject
from ingestion.values.fields import bag, identifier, instant, number, text
from ingestion.values.localtime import parse_pattern, parse_pattern_day

ALIASES: Mapping[str, tuple[str, ...]] = {
    "instance_url": (),
    "issue_id": ("Issue id", "id"),
    "issue_key": ("Issue key", "key"),
    "project_key": ("Project key",),
    "project_name": ("Project name",),
    "issue_type": ("Issue Type",),
    "summary": ("Summary",),
    "description": ("Description",),
    "status": ("Status",),
    "status_category": ("Status Category",),
    "priority": ("Priority", "priority_name"),
    "resolution": ("Resolution",),
    "assignee": ("Assignee", "assignee_name"),
    "assignee_id": ("Assignee Id",),
    "reporter": ("Reporter", "reporter_name"),
    "reporter_id": ("Reporter Id",),
    "creator": ("Creator", "creator_name"),
    "creator_id": ("Creator Id",),
    "created": ("Created", "created_date"),
    "updated": ("Updated", "updated_date"),
    "resolved": ("Resolved", "resolution_date"),
    "due": ("Due date",),
    "labels": ("Labels", "Label"),
    "components": ("Components", "Component/s", "Component"),
    "fix_versions": ("Fix versions", "Fix Version/s", "Fix Version"),
    "sprints": ("Sprint", "Custom field (Sprint)"),
    "story_points": ("Story Points", "Custom field (Story Points)", "Custom field (Story point estimate)"),
    "original_estimate": ("Original Estimate",),
    "remaining_estimate": ("Remaining Estimate", "estimate"),
    "time_spent": ("Time Spent",),
    "parent_id": ("Parent", "Parent id"),
    "parent_key": ("Parent key",),
}  # fmt: skip
MANY = ("labels", "components", "fix_versions", "sprints")
_CATEGORIES = {"to do": "new", "new": "new", "in progress": "indeterminate", "indeterminate": "indeterminate", "done": "done", "complete": "done"}  # fmt: skip
_HAS_OFFSET = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}($|[T ])")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_WRITE = (
    "write date_format (such as dd/MMM/yy h:mm a), date_locale (such as en or de) and timezone "
    "(such as Europe/Berlin) of the person who exported it under sources: jira: projects: in settings.yml"
)


def issue_of_csv(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One row of either CSV as one row of issues."""
    is_pipeline = "instance_url" in record
    own = {name: value for name, value in record.items() if name not in ALIASES}
    estimates = {}
    for name in ("original_estimate", "remaining_estimate", "time_spent"):
        estimates[f"{name}_seconds"] = _seconds(text(record, name))
        if estimates[f"{name}_seconds"] is None and record.get(name):
            own[name] = record[name]  # days and weeks are as long as the site says
    description = text(record, "description")
    if is_pipeline and description:
        description = description.replace("\\r\\n", "\n").replace("\\n", "\n")
    assignee, reporter = text(record, "assignee"), text(record, "reporter")
    return {
        "issue_id": identifier(record, "issue_id", required=True),
        "issue_key": identifier(record, "issue_key", required=True),
        "project_key": text(record, "project_key") or _project_of(text(record, "issue_key")),
        "project_name": text(record, "project_name"),
        "issue_type": text(record, "issue_type"),
        "summary": text(record, "summary"),
        "description": description,
        "status": text(record, "status"),
        "status_category": _CATEGORIES.get((text(record, "status_category") or "").lower()),
        "priority": text(record, "priority"),
        "resolution": text(record, "resolution"),
        "assignee": assignee,
        "assignee_id": identifier(record, "assignee_id"),
        "assignee_email": assignee if assignee and "@" in assignee else None,
        "reporter": reporter,
        "reporter_id": identifier(record, "reporter_id"),
        "reporter_email": reporter if reporter and "@" in reporter else None,
        "creator": text(record, "creator"),
        "creator_id": identifier(record, "creator_id"),
        "created_at": _instant(record, "created", context),
        "updated_at": _instant(record, "updated", context),
        "resolved_at": _instant(record, "resolved", context),
        "due_on": _day(record, "due", context),
        **{name: json.dumps(_many(record.get(name)), ensure_ascii=False) for name in MANY},
        "story_points": number(record, "story_points"),
        **estimates,
        "parent_id": identifier(record, "parent_id"),
        "parent_key": identifier(record, "parent_key"),
        "changelog": None,
        "changelog_is_complete": False,
        "properties": bag({_plain(name): value for name, value in own.items() if value}),
    }


def _instant(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    """A display date by the declared pattern; what carries its own offset needs none."""
    written = (text(record, name) or "").strip()
    if not written:
        return None
    if _HAS_OFFSET.match(written) or ("instance_url" in record and _ISO_DAY.match(written)):
        return instant({name: written}, name)
    pattern, zone = context.settings.get("date_format"), context.settings.get("timezone")
    if not pattern or not zone:
        lacking = " and ".join(
            key for key, value in (("date_format", pattern), ("timezone", zone)) if not value
        )
        raise Reject(
            "TIME_FORMAT",
            f"dates such as {written[:40]} say neither their order nor their zone, and {lacking} is missing; {_WRITE}",
        )
    return parse_pattern(written, str(pattern), _locale(context), str(zone), name)


def _day(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    written = (text(record, name) or "").strip()
    if not written:
        return None
    if _ISO_DAY.match(written):
        return written[:10]
    pattern = context.settings.get("date_format")
    if not pattern:
        raise Reject(
            "TIME_FORMAT", f"days such as {written[:40]} need a declared order of day and month; {_WRITE}"
        )  # fmt: skip
    return parse_pattern_day(written, str(pattern), _locale(context), name)


def _locale(context: Context) -> str:
    """The language of month names. English ones are read without a word: no other language's name is mistaken for one."""
    return str(context.settings.get("date_locale") or "en")


def _many(value: Any) -> list[str]:
    """Values of a repeated column, of a JSON list, or the one value of a single column."""
    if isinstance(value, list):
        return [str(item).strip() for item in value]
    written = str(value or "").strip()
    if written.startswith("["):
        try:
            found = json.loads(written)
        except ValueError:
            return [written]
        return [str(item.get("name", "")) if isinstance(item, dict) else str(item) for item in found]  # fmt: skip
    return [written] if written else []


def _seconds(written: str | None) -> int | None:
    """Seconds of `7200`, `38h` or `1h 30m`; days and weeks differ by site and are not read."""
    if not written:
        return None
    if re.fullmatch(r"\d{1,12}", written.strip(), re.ASCII):
        return int(written)
    if re.fullmatch(r"(\d{1,6}(\.\d+)?[hms]\s*)+", written.strip(), re.ASCII):
        found = re.findall(r"(\d+(?:\.\d+)?)([hms])", written)
        return round(sum(float(size) * _SECONDS[unit] for size, unit in found))
    return None


def _project_of(key: str | None) -> str | None:
    return key.rsplit("-", 1)[0] if key and "-" in key else None


def _plain(name: str) -> str:
    found = re.fullmatch(r"Custom field \((.*)\)", name)
    return found.group(1) if found else name
