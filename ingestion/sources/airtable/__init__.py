"""Reader of Airtable: one view as CSV, or pages of the records API.

Knows: how Airtable writes cells. Must not know: what the company's columns mean; the settings say so.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Reject, Sample
from ingestion.values.declared import declared_instant, learn_day_order
from ingestion.values.fields import bag, identifier, match_header, renamed, text

_ALIASES: dict[str, tuple[str, ...]] = {
    "record_id": ("airtable id", "airtable record id"),
    "title": ("name", "subject", "summary"),
    "text": ("feedback", "details", "description", "comment", "request", "notes", "note"),
    "account": ("company", "customer", "organization"),
    "author": ("created by", "submitted by", "reporter"),
    "status": ("stage",),
    "tags": ("tag", "labels", "categories", "topics"),
    "url": ("link",),
    "created_at": ("created", "created time", "date", "submitted"),
}
_RECORD_ID = re.compile(r"^rec[A-Za-z0-9]{14}$")
# Links to attachments expire and change with every export, which would make a new row of the same one.
_EXPIRING = re.compile(r"\s*\(https?://[^)\s]*airtable[^)\s]*\)", re.IGNORECASE)
_FAILED = ("#ERROR!", "#ERROR", "NaN", "Infinity", "#VALUE!")


def looks_like(sample: Sample) -> bool:
    """A record of the API has fields and a created time; a row of a view may hold its record id."""
    if sample.shape == "csv":
        return any(_RECORD_ID.match(str(cell)) for row in sample.records for cell in row.values())
    return any("createdTime" in r and isinstance(r.get("fields"), Mapping) for r in sample.records)


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a view's header; Reject(HEADER) says how to name the column with the text."""
    given = next(rows)
    found = match_header(given, _ALIASES, (), context)
    if "text" not in found and "title" not in found:
        raise Reject(
            "HEADER",
            "no column is known as title or text; write `columns: {text: <header>}` for the project in settings.yml; "
            f"the view has {', '.join(given[:30])}",
        )
    return found


def learn(records: Iterable[Mapping[str, Any]], context: Context) -> Mapping[str, Any]:
    """The order of day and month in the column of creation."""
    return learn_day_order(records, context, ("created_at",))


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One record as one row; cells whose formula failed are named and left out."""
    is_api = isinstance(record.get("fields"), Mapping)
    if not is_api and "createdTime" in record:
        raise BadRecord("TYPE", "fields is missing")
    cells = renamed(record["fields"], _ALIASES, context) if is_api else dict(record)
    failed = sorted(name for name, value in cells.items() if value in _FAILED or _is_error(value))
    cells = {name: _clean(value) for name, value in cells.items() if name not in failed}
    if is_api:
        record_id = identifier(record, "id", required=True)
        cells.setdefault("created_at", record.get("createdTime"))
    else:
        record_id = identifier(cells, "record_id")
        if not any(name in record for name in ("title", "text")):
            raise BadRecord("TYPE", "the record has neither title nor text")
    return {
        "record_id": record_id,
        "title": text(cells, "title"),
        "text": text(cells, "text"),
        "account": text(cells, "account"),
        "author": _person(cells.get("author")),
        "status": text(cells, "status"),
        "tags": bag(_several(cells.get("tags"))),
        "url": text(cells, "url"),
        "created_at": declared_instant(cells, "created_at", context),
        "formula_errors": bag(failed),
        "fields": bag(
            {k: v for k, v in cells.items() if k not in _ALIASES and v not in (None, "")}
        ),
        "__marks": "" if record_id else "NO_ID",
    }


def _clean(value: Any) -> Any:
    """A cell without links that expire."""
    if isinstance(value, str):
        return _EXPIRING.sub("", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, Mapping) and "url" in value and "filename" in value:
        return {name: value.get(name) for name in ("id", "filename", "type", "size")}
    return value


def _is_error(value: Any) -> bool:
    return isinstance(value, Mapping) and ("error" in value or "specialValue" in value)


def _several(value: Any) -> list[Any]:
    """The values of a cell with several: a list, or texts with commas; one that holds a comma is in quotes."""
    if isinstance(value, str):
        pieces = next(iter(csv.reader([value.replace("\n", " ")], skipinitialspace=True)), [])
        return [piece.strip() for piece in pieces if piece.strip()]
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _person(value: Any) -> str | None:
    """The address or name of a collaborator."""
    if isinstance(value, Mapping):
        return text(value, "email", "name")
    return text({"author": value}, "author")


READER = Reader(
    source="airtable",
    formats=("csv", "json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    learn=learn,
    page_keys=("records",),
)
