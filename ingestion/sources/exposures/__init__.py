"""Reader of generic exposure files: who saw which variant, and when.

Knows: the four columns. Must not know: which experiments exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.fields import identifier, instant, match_header
from ingestion.spec import Context, Reader, Sample

_ALIASES: dict[str, tuple[str, ...]] = {
    "experiment_id": ("experiment_key", "experiment"),
    "user_id": ("unit_id",),
    "variant": ("variation",),
    "exposed_at": ("timestamp",),
}


def looks_like(sample: Sample) -> bool:
    """An exposure names a variant and when it was seen."""
    return any("variant" in r and "exposed_at" in r for r in sample.records)


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header."""
    return match_header(
        next(rows), _ALIASES, ("experiment_id", "user_id", "variant", "exposed_at"), context
    )


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One exposure as one row."""
    return {
        "experiment_id": identifier(record, "experiment_id", "experiment_key", required=True),
        "user_id": identifier(record, "user_id", required=True),
        "variant": identifier(record, "variant", required=True),
        "exposed_at": instant(record, "exposed_at", required=True, context=context),
    }


READER = Reader(
    source="exposures",
    formats=("csv", "ndjson", "json"),
    looks_like=looks_like,
    parse=parse,
    header=header,
)
