"""Reader of generic outcome files, wide (a column per metric) or long (metric, value, at).

Knows: both forms; numbers only. Must not know: which experiments or metrics exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.declared import declared_instant
from ingestion.values.fields import identifier, match_header, number, text
from ingestion.values.numerals import parse_number

_ALIASES: dict[str, tuple[str, ...]] = {
    "experiment_id": ("experiment_key",),
    "user_id": ("unit_id",),
    "metric": (),
    "value": (),
    "at": (),
}
_KEYS = ("experiment_id", "experiment_key", "user_id", "at")


def looks_like(sample: Sample) -> bool:
    """A long row has metric and value; a wide one has only numbers beside the unit."""
    for record in sample.records:
        if "user_id" not in record or "variant" in record or "event" in record:
            continue
        if "metric" in record and "value" in record:
            return True
        rest = [value for name, value in record.items() if name not in _KEYS]
        if "experiment_id" in record and rest and all(_is_number(value) for value in rest):
            return True
    return False


def _is_number(value: Any) -> bool:
    return value in (None, "") or parse_number(value) is not None


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header; metric columns keep their names."""
    return match_header(next(rows), _ALIASES, ("user_id",), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One delivered row as one row with its metrics as JSON; a blank metric is left out."""
    if "metric" in record and "value" in record:
        name = text(record, "metric")
        if not name:
            raise BadRecord("TYPE", "metric is missing")
        written = {name: record["value"]}
    else:
        written = {name: value for name, value in record.items() if name not in _KEYS}
    metrics: dict[str, float] = {}
    for name, value in list(written.items()):
        written[name] = int(value) if isinstance(value, bool) else value
        found = number(written, name, context=context)
        if found is not None:
            metrics[name] = found
    return {
        "experiment_id": identifier(record, "experiment_id", "experiment_key"),
        "user_id": identifier(record, "user_id", required=True),
        "metrics": json.dumps(metrics, ensure_ascii=False, sort_keys=True),
        "at": declared_instant(record, "at", context),
    }


READER = Reader(
    source="outcomes",
    formats=("csv", "ndjson", "json"),
    looks_like=looks_like,
    parse=parse,
    header=header,
)
