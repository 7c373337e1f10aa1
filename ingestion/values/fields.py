"""Turns single delivered values into typed ones, strictly: what is not clearly right is refused.

Knows: how texts, ids, numbers, days and instants are written. Must not know: any source. Used by the parsers of small
sources; event data is typed in SQL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from ingestion.formats.strict import load_strict
from ingestion.spec import BadRecord, Context, Reject
from ingestion.values.localtime import to_utc
from ingestion.values.numerals import number_form, parse_number

# What a spreadsheet makes of an id: rounded to a power, an error, or a cell that was too narrow.
_MANGLED = re.compile(
    r"^-?\d([.,]\d+)?[eE]\+\d{1,3}$|^#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)$|^#{3,}$"
)
_DAY_NUMBER = re.compile(r"^[2-7]\d{4}([.,]\d+)?$")  # days since 1899-12-30, from 1954 to 2119
_ISO = re.compile(r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s*(Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$")  # fmt: skip
_SLASHED = re.compile(r"^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b")
_SECONDS_FROM = 100_000_000  # 1973; a smaller number is a count of something else
_MILLIS_FROM = 100_000_000_000
_MILLIS_TO = 7_258_118_400_000


def text(record: Mapping[str, Any], *names: str) -> str | None:
    """The first of the fields that is there, as text; blank is null."""
    for name in names:
        value = record.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, (dict, list)):
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)
    return None


def identifier(record: Mapping[str, Any], *names: str, required: bool = False) -> str | None:
    """An id as text, digits kept; refuses ids that a spreadsheet has destroyed."""
    value = text(record, *names)
    if value is not None:
        value = value.strip() or None
    if value is not None and _MANGLED.match(value):
        raise BadRecord(
            "EXCEL_MANGLED_ID",
            f"{names[0]} is {value}: a spreadsheet destroyed the id; export it as text",
        )
    if value in ("TRUE", "FALSE") and names[0].endswith("id"):
        raise BadRecord(
            "EXCEL_MANGLED_ID",
            f"{names[0]} is {value}: a spreadsheet made a truth value of the id; export it as text",
        )
    if value is None and required:
        raise BadRecord("TYPE", f"{names[0]} is missing")
    return value


def instant(
    record: Mapping[str, Any], *names: str, required: bool = False, context: Context | None = None
) -> str | None:
    """A time as ISO text in UTC; ISO 8601, or epoch seconds or milliseconds. D/M and M/D are never guessed."""
    value = next((record[name] for name in names if record.get(name) not in (None, "")), None)
    if value is None:
        if required:
            raise BadRecord("TIME_FORMAT", f"{names[0]} is missing")
        return None
    if isinstance(value, bool):
        raise BadRecord("TIME_FORMAT", f"{names[0]} is true or false, not a time")
    if isinstance(value, (int, float)) or re.fullmatch(r"\d{9,16}(\.\d+)?", str(value)):
        return _epoch(float(value), names[0])
    written = str(value).strip()
    if not _ISO.match(written):
        _refuse_day_number(written, names[0])
        hint = ""
        if _SLASHED.match(written):
            hint = " (day and month cannot be told apart; declare date_order or date_format)"
        raise BadRecord(
            "TIME_FORMAT", f"{names[0]} is not a time such as 2024-03-05T00:00:00Z{hint}"
        )
    written = written.replace("UTC", "Z").replace(",", ".").replace(" Z", "Z")
    written = re.sub(r"(\.\d{6})\d+", r"\1", written)
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise BadRecord("TIME_FORMAT", f"{names[0]} is not a time: {error}") from None
    if found.tzinfo is None:
        zone = str((context.settings.get("timezone") if context else None) or "UTC")
        return to_utc(found, zone).isoformat(sep=" ")
    return found.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def _refuse_day_number(written: str, name: str) -> None:
    """A day as a spreadsheet counts it is no day for anybody else."""
    if _DAY_NUMBER.match(written):
        raise BadRecord(
            "EXCEL_MANGLED_ID",
            f"{name} is {written}, a spreadsheet's own number of a day; export it as text",
        )


def _epoch(number: float, name: str) -> str:
    if number != 0 and not _SECONDS_FROM <= number <= _MILLIS_TO:
        raise BadRecord("TIME_UNIT", f"{name} is neither epoch seconds nor milliseconds")
    seconds = number / 1000 if number > _MILLIS_FROM else number
    at = datetime(1970, 1, 1) + timedelta(microseconds=round(seconds * 1_000_000))
    return at.isoformat(sep=" ")


def day(record: Mapping[str, Any], *names: str) -> str | None:
    """A calendar day as ISO text; the day of an instant is taken as written."""
    written = text(record, *names)
    if written is None:
        return None
    written = written.strip()
    try:
        return date.fromisoformat(written[:10]).isoformat()
    except ValueError:
        _refuse_day_number(written, names[0])
        raise BadRecord("TIME_FORMAT", f"{names[0]} is not a day such as 2024-03-05") from None


def integer(record: Mapping[str, Any], *names: str, context: Context | None = None) -> int | None:
    """A whole number; blank is null."""
    value = number(record, *names, context=context)
    if value is None:
        return None
    if value != int(value):
        raise BadRecord("NUMBER", f"{names[0]} is not a whole number")
    if abs(value) >= 2**63:
        raise BadRecord("NUMBER", f"{names[0]} is larger than any count")
    return int(value)


def number(record: Mapping[str, Any], *names: str, context: Context | None = None) -> float | None:
    """A number as JSON writes it or, with a context, as its locale does; nothing else is guessed."""
    value = next((record[name] for name in names if record.get(name) not in (None, "")), None)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    parsed = None if isinstance(value, bool) else parse_number(value, number_form(context))
    if parsed is None:
        raise BadRecord(
            "NUMBER",
            f"{names[0]} is not a plain number; declare the source's locale if it is one there",
        )
    return parsed


def boolean(record: Mapping[str, Any], *names: str) -> bool | None:
    """True or false, also as text; blank is null."""
    value = text(record, *names)
    if value is None:
        return None
    known = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
    if value.strip().lower() not in known:
        raise BadRecord("TYPE", f"{names[0]} is neither true nor false")
    return known[value.strip().lower()]


def bag(value: Any) -> str | None:
    """A list or mapping as JSON text; a text is taken as JSON where it is."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            load_strict(value)
        except (ValueError, RecursionError):
            return json.dumps(value, ensure_ascii=False)
        return value
    return json.dumps(value, ensure_ascii=False)


def inside(record: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, or None."""
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def match_header(
    header: Iterable[str],
    aliases: Mapping[str, Iterable[str]],
    required: Iterable[str],
    context: Context | None = None,
    may_repeat: Callable[[str], bool] = lambda _: False,
) -> list[str]:
    """The header with known columns renamed (case, blanks and underscores ignored); Reject(HEADER) names what lacks.

    The company's own mapping, `columns: {<our name>: <their header>}` of the source's settings, goes before the aliases.
    A column may come again only where `may_repeat` says so of its name.
    """
    import difflib

    known = _known_names(aliases, context)
    given = list(header)
    found = [known.get(_folded(name), name) for name in given]
    lacking = [name for name in required if name not in found]
    if lacking:
        hints = []
        for name in lacking:
            near = difflib.get_close_matches(
                _folded(name), [_folded(g) for g in given], n=1, cutoff=0.6
            )
            hints.append(f"{name} (nearest: {near[0]})" if near else name)
        what_to_do = ""
        if not any(_folded(name) in known for name in given):
            what_to_do = "; is the header line missing? A translated header needs `columns: {ours: theirs}` in the settings"
        raise Reject(
            "HEADER",
            f"the header lacks {', '.join(hints)}; it has {', '.join(given[:30])}{what_to_do}",
        )
    doubled = sorted({name for name in found if found.count(name) > 1 and not may_repeat(name)})
    if doubled:
        raise Reject("HEADER", f"two columns of the header mean {', '.join(doubled)}")
    return found


def renamed(
    record: Mapping[str, Any], aliases: Mapping[str, Iterable[str]], context: Context | None = None
) -> dict[str, Any]:
    """A JSON record under our names, by the rule of `match_header`; of two keys for one name the first counts."""
    known = _known_names(aliases, context)
    found: dict[str, Any] = {}
    for name, value in record.items():
        found.setdefault(known.get(_folded(name), name), value)
    return found


def _known_names(aliases: Mapping[str, Iterable[str]], context: Context | None) -> dict[str, str]:
    """Folded names to ours; a name that the company maps itself has no aliases beside its own."""
    own = (context.settings.get("columns") if context else None) or {}
    known = {
        _folded(name): canonical
        for canonical, names in aliases.items()
        for name in (canonical, *(() if canonical in own else names))
    }
    known.update({_folded(str(theirs)): canonical for canonical, theirs in own.items()})
    return known


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name).casefold()


def part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The mapping under the name; an empty one where there is none."""
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def parts(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The mappings of the list under the name; empty where there is no list."""
    value = record.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
