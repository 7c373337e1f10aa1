"""Reader of objectives and key results (CSV, JSON or YAML).

Knows: the columns, percent forms and periods. Must not know: which objectives matter.

Percentages become shares of 1. Fiscal periods need `fiscal_year_start` in the settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import bag, day, identifier, match_header, number, renamed, text
from ingestion.values.localtime import parse_day
from ingestion.values.periods import is_unset, period_days, shares

_ALIASES: dict[str, tuple[str, ...]] = {
    "objective_id": (),
    "objective": (),
    "key_result_id": ("kr_id",),
    "key_result": ("kr",),
    "owner": (),
    "period_start": (),
    "period_end": (),
    "baseline": ("start_value",),
    "target": ("target_value",),
    "current": ("current_value",),
    "unit": (),
    "as_of": ("updated",),
    "period": ("cycle", "quarter"),
    "direction": (),
    "area": (),
}
_REQUIRED = ("objective_id", "objective", "key_result_id", "key_result", "owner", "baseline", "target", "current", "unit", "as_of")  # fmt: skip
_VALUES = ("baseline", "target", "current")
_PERCENT = ("%", "percent", "pct", "percentage", "share", "rate")
_DIRECTIONS = {"up": "up", "increase": "up", "higher": "up", "down": "down", "decrease": "down", "lower": "down", "hold": "hold", "keep": "hold", "maintain": "hold"}  # fmt: skip


def looks_like(sample: Sample) -> bool:
    """A key result has an id of its own."""
    return any("key_result_id" in r or "kr_id" in r for r in sample.records)


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header; the period stands in two columns, or in one."""
    names = match_header(next(rows), _ALIASES, _REQUIRED, context)
    if "period" not in names:
        match_header(names, _ALIASES, ("period_start", "period_end"), context)
    return names


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One key result as of one day as one row."""
    record = renamed(record, _ALIASES, context)
    start, end = _period(record, context)
    unit, values = _values(record)
    baseline, target, current = values
    return {
        "key_result_id": identifier(record, "key_result_id", required=True),
        "key_result": text(record, "key_result"),
        "objective_id": identifier(record, "objective_id"),
        "objective": text(record, "objective"),
        "owner": text(record, "owner"),
        "area": text(record, "area"),
        "period_start": start.isoformat() if start else None,
        "period_end": end.isoformat() if end else None,
        "baseline": baseline,
        "target": target,
        "current": current,
        "unit": unit,
        "direction": _direction(text(record, "direction"), baseline, target),
        "as_of": _day(record, "as_of", context),
        "properties": bag({n: v for n, v in record.items() if n not in _ALIASES and v}),
    }


def _values(record: Mapping[str, Any]) -> tuple[str | None, list[float | None]]:
    """The unit, and baseline, target and current in it; percentages as shares of 1."""
    unit = text(record, "unit")
    cells = [text(record, name) for name in _VALUES]
    has_sign = any(cell and cell.strip().endswith("%") for cell in cells)
    if (unit and unit.strip().lower() in _PERCENT) or (has_sign and not unit):
        return "percent", shares(cells, _VALUES)
    empty = {name: None for name in _VALUES if is_unset(text(record, name))}
    return unit, [number({**record, **empty}, name) for name in _VALUES]


def _direction(told: str | None, baseline: float | None, target: float | None) -> str | None:
    """Where the value should go: as told, else from the baseline to the target."""
    if told:
        found = _DIRECTIONS.get(told.strip().lower())
        if found is None:
            raise BadRecord("TYPE", "direction is none of up, down, hold")
        return found
    if baseline is None or target is None:
        return None
    return "up" if target > baseline else "down" if target < baseline else "hold"


def _period(record: Mapping[str, Any], context: Context) -> tuple[date | None, date | None]:
    """First and last day, given as days or as the names of periods."""
    whole = text(record, "period")
    first, last = text(record, "period_start") or whole, text(record, "period_end") or whole
    fiscal = context.settings.get("fiscal_year_start")
    edges: list[date | None] = []
    for place, (written, name) in enumerate(((first, "period_start"), (last, "period_end"))):
        if is_unset(written):
            edges.append(None)
            continue
        known = period_days(str(written), int(fiscal) if fiscal else None)
        if known is None:
            edges.append(date.fromisoformat(str(_day({name: written}, name, context))))
        else:
            edges.append(known[place])
    start, end = edges
    if start and end and end < start:
        raise BadRecord("NEGATIVE_DURATION", "the period ends before it starts")
    return start, end


def _day(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    order = context.settings.get("date_order")
    written = text(record, name)
    if written is None:
        raise BadRecord("TIME_FORMAT", f"{name} is missing")
    return parse_day(written, str(order), name) if order else day(record, name)


READER = Reader(
    source="okr",
    formats=("csv", "json", "ndjson", "yaml"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    page_keys=("key_results",),
)
