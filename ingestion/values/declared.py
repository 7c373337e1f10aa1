"""Reads times and days of files that people export by hand: ISO 8601, else as the project's settings declare.

Knows: `timezone`, `date_format`, `date_locale` and `date_order` of the settings. Must not know: any source. What neither
the text, the file as a whole nor the settings make clear is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ingestion.spec import BadRecord, Context
from ingestion.values.fields import day, instant, text
from ingestion.values.localtime import (  # fmt: skip
    day_order,
    parse_day,
    parse_pattern,
    parse_pattern_day,
    to_utc,
)

_ISO_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}(?:[ T]|$)")
_EPOCH = re.compile(r"^\d{9,16}(\.\d+)?$")
_DAY_AND_TIME = re.compile(r"^(\d[\d/.\-]*),?(?:\s+(\d{1,2}:\d{2}(?::\d{2})?)\s*([AaPp][Mm])?)?$")


def zone_of_settings(context: Context) -> str:
    """The zone of times that carry none."""
    return str(context.settings.get("timezone") or "UTC")


def learn_day_order(
    records: Iterable[Mapping[str, Any]], context: Context, names: Iterable[str]
) -> Mapping[str, Any]:
    """Whether day or month stands first in the file's slashed days; Reject where nothing says so."""
    if context.settings.get("date_format"):
        return {}
    names = tuple(names)
    written = (text(record, name) for record in records for name in names)
    days = [value.split()[0].rstrip(",") for value in written if value and value.strip()]
    if not any(re.search(r"\d[/.]\d", value) for value in days):
        return {}
    declared = context.settings.get("date_order")
    what = f"the days of {context.source}"
    return {"date_order": day_order(days, str(declared) if declared else None, what)}


def declared_instant(
    record: Mapping[str, Any],
    names: str | Sequence[str],
    context: Context,
    required: bool = False,
) -> str | None:
    """A time as ISO text in UTC: ISO 8601, epoch, or as the settings declare; of several names the first that is there."""
    names = (names,) if isinstance(names, str) else names
    name = names[0]
    value = next((record[n] for n in names if record.get(n) not in (None, "")), None)
    if not isinstance(value, str):
        return instant({name: value}, name, required=required, context=context)
    written = value.strip()
    pattern = context.settings.get("date_format")
    if not written or _ISO_DAY.match(written) or _EPOCH.match(written):
        return instant({name: written}, name, required=required, context=context)
    zone = zone_of_settings(context)
    if pattern:
        locale = str(context.settings.get("date_locale") or "en")
        return parse_pattern(written, str(pattern), locale, zone, name)
    order = _order(context)
    found = _DAY_AND_TIME.match(written)
    if order and found:
        on = parse_day(found.group(1), order, name)
        return to_utc(_at(on, found.group(2), found.group(3), name), zone).isoformat(sep=" ")
    return instant({name: written}, name, required=required, context=context)


def declared_day(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    """A calendar day as ISO text: ISO 8601, or as the settings declare; the day of a time is taken as written."""
    written = (text(record, name) or "").strip()
    if not written or _ISO_DAY.match(written):
        return day({name: written}, name)
    pattern = context.settings.get("date_format")
    if pattern:
        locale = str(context.settings.get("date_locale") or "en")
        return parse_pattern_day(written, str(pattern), locale, name)
    order = _order(context)
    if order:
        return parse_day(written.split()[0].rstrip(","), order, name)
    return day({name: written}, name)


def _order(context: Context) -> str | None:
    order = context.learned.get("date_order") or context.settings.get("date_order")
    return str(order) if order else None


def _at(on: str, clock: str | None, half: str | None, name: str) -> datetime:
    """The day with its time of day; twelve or twenty-four hours."""
    if clock is None:
        return datetime.fromisoformat(on)
    form = "%I" if half else "%H"
    form += ":%M:%S" if clock.count(":") == 2 else ":%M"
    try:
        return datetime.strptime(
            f"{on} {clock}{half or ''}", f"%Y-%m-%d {form}{'%p' if half else ''}"
        )
    except ValueError:
        raise BadRecord("TIME_FORMAT", f"{name} has no time of day such as 22:10:05") from None
