"""Reader of a roadmap as a generic list (CSV, JSON or YAML), for any tool without a reader of its own.

Knows: the columns. Must not know: which items matter, or which period is now. Further columns are kept as properties.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import (  # fmt: skip
    bag,
    boolean,
    day,
    identifier,
    instant,
    match_header,
    number,
    renamed,
    text,
)
from ingestion.values.localtime import parse_day
from ingestion.values.periods import is_unset, period_days, shares

_ALIASES: dict[str, tuple[str, ...]] = {
    "item_id": ("roadmap_item_id",),
    "title": ("name", "feature", "item"),
    "description": (),
    "status": ("state",),
    "area": ("product_area",),
    "owner": ("pm",),
    "parent_id": ("initiative_id",),
    "start_date": ("start",),
    "end_date": ("end", "target_date", "planned_release"),
    "timeframe": ("period", "quarter"),
    "reach": (),
    "reach_is_measured": ("reach_measured",),
    "reach_metric": (),
    "impact": (),
    "confidence": (),
    "effort": ("effort_person_months",),
    "feedback": ("feedback_ids", "notes"),
    "experiments": ("experiment_ids",),
    "metrics": ("metric_ids",),
    "release": ("fix_version", "tag"),
    "url": ("link",),
    "created_at": ("created",),
    "updated_at": ("updated", "last_updated"),
}
_OF_A_PLAN = {"timeframe", "reach", "impact", "effort", "start_date", "end_date"}
_EVIDENCE = {"feedback": "feedback_ids", "experiments": "experiment_ids", "metrics": "metric_ids"}


def looks_like(sample: Sample) -> bool:
    """An item of a roadmap has an id, a title and something of a plan."""
    return any(
        bool({"item_id", "roadmap_item_id"} & r.keys())
        and len(_OF_A_PLAN & renamed(r, _ALIASES).keys()) >= 1
        for r in sample.records
    )


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header."""
    return match_header(next(rows), _ALIASES, ("item_id", "title"), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One item as one row."""
    record = renamed(record, _ALIASES, context)
    title = text(record, "title")
    if title is None:
        raise BadRecord("TYPE", "title is missing")
    start, end = _plan(record, context)
    return {
        "item_id": identifier(record, "item_id", required=True),
        "title": title,
        **{name: text(record, name) for name in ("description", "status", "area", "owner", "url")},
        "parent_id": identifier(record, "parent_id"),
        "start_on": start,
        "end_on": end,
        "timeframe": text(record, "timeframe"),
        "reach": number(record, "reach"),
        "reach_is_measured": boolean(record, "reach_is_measured"),
        "reach_metric": text(record, "reach_metric"),
        "impact": number(record, "impact"),
        "confidence": shares([text(record, "confidence")], ["confidence"])[0],
        "effort_months": number(record, "effort"),
        **{ours: _ids(record.get(name)) for name, ours in _EVIDENCE.items()},
        "release": text(record, "release"),
        "created_at": instant(record, "created_at", context=context),
        "updated_at": instant(record, "updated_at", context=context),
        "properties": bag({n: v for n, v in record.items() if n not in _ALIASES and v not in (None, "")}),
    }  # fmt: skip


def _plan(record: Mapping[str, Any], context: Context) -> tuple[str | None, str | None]:
    """Planned first and last day; `none` and blank are no plan, a timeframe such as `Q1 2024` is one."""
    start, end = (_day(record, name, context) for name in ("start_date", "end_date"))
    frame = text(record, "timeframe")
    if start is None and end is None and not is_unset(frame):
        fiscal = context.settings.get("fiscal_year_start")
        known = period_days(str(frame), int(fiscal) if fiscal else None)
        return (known[0].isoformat(), known[1].isoformat()) if known else (None, None)
    if start and end and end < start:
        raise BadRecord("NEGATIVE_DURATION", "the item ends before it starts")
    return start, end


def _day(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    written = text(record, name)
    if is_unset(written):
        return None
    order = context.settings.get("date_order")
    found = parse_day(str(written), str(order), name) if order else day(record, name)
    return date.fromisoformat(str(found)).isoformat()


def _ids(value: Any) -> str:
    """Linked ids: a list, or a cell that parts them by comma, semicolon or bar."""
    if isinstance(value, list):
        return json.dumps([str(item) for item in value if item not in (None, "")], ensure_ascii=False)  # fmt: skip
    written = "" if value is None or is_unset(str(value)) else str(value)
    found = [part.strip() for part in re.split(r"[,;|]", written)]
    return json.dumps([part for part in found if part], ensure_ascii=False)


READER = Reader(
    source="roadmap",
    formats=("csv", "json", "ndjson", "yaml"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    page_keys=("roadmap", "items"),
)
