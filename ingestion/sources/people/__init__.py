"""Reader of lists of the company's people: CSV, JSON or YAML.

Knows: the columns of a people list. Must not know: which roles or areas the company has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import day, identifier, match_header, text

_ALIASES = {
    "person_id": ("id", "employee id"),
    "name": ("full name",),
    "email": ("work email", "e-mail"),
    "role": ("title", "job title"),
    "area": ("team",),
    "start_date": ("start", "hire date"),
    "end_date": ("end", "last day"),
    "github_login": ("github",),
}


def looks_like(sample: Sample) -> bool:
    """A person has a person_id and a role or an address; those of a survey tool's mailings have a fate instead."""
    return any(
        "person_id" in r and ("role" in r or "email" in r) and not _MAILED & set(r)
        for r in sample.records
    )


_MAILED = {"bounced_at", "unsubscribed_at"}


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header."""
    return match_header(next(rows), _ALIASES, ("person_id",), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One person as one row."""
    start, end = day(record, "start_date"), day(record, "end_date")
    if start and end and end < start:
        raise BadRecord("NEGATIVE_DURATION", "end_date is before start_date")
    return {
        "person_id": identifier(record, "person_id", required=True),
        "name": text(record, "name"),
        "email": text(record, "email"),
        "role": text(record, "role"),
        "area": text(record, "area"),
        "start_date": start,
        "end_date": end,
        "github_login": text(record, "github_login"),
    }


READER = Reader(
    source="people",
    formats=("csv", "json", "ndjson", "yaml"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    page_keys=("people",),
)
