"""Reader of generic exposure files: who saw which variant, and when.

Knows: the four columns; every further column is kept as a property. Must not know: which experiments exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import Context, Reader, Sample
from ingestion.values.declared import declared_instant
from ingestion.values.fields import identifier, match_header

_ALIASES: dict[str, tuple[str, ...]] = {
    "experiment_id": ("experiment_key", "experiment"),
    "user_id": ("unit_id",),
    "variant": ("variation",),
    "exposed_at": ("timestamp",),
}
_KNOWN = frozenset(name for names in _ALIASES.items() for name in (names[0], *names[1]))


def looks_like(sample: Sample) -> bool:
    """An exposure names a variant and when it was seen."""
    return any(r.keys() & {"variant", "variation"} and "exposed_at" in r for r in sample.records)


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header."""
    return match_header(
        next(rows), _ALIASES, ("experiment_id", "user_id", "variant", "exposed_at"), context
    )


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One exposure as one row."""

    def names(name: str) -> tuple[str, ...]:
        return (name, *_ALIASES[name])

    more = {name: value for name, value in record.items() if name not in _KNOWN}
    return {
        "experiment_id": identifier(record, *names("experiment_id"), required=True),
        "user_id": identifier(record, *names("user_id"), required=True),
        "variant": identifier(record, *names("variant"), required=True),
        "exposed_at": declared_instant(record, names("exposed_at"), context, required=True),
        "properties": json.dumps(more, ensure_ascii=False, sort_keys=True),
    }


READER = Reader(
    source="exposures",
    formats=("csv", "ndjson", "json"),
    looks_like=looks_like,
    parse=parse,
    header=header,
)
