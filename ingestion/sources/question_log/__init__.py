"""Reader of the log of questions that people asked of this product.

Knows: the log's rows. Must not know: the catalogue of questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import bag, boolean, identifier, instant, text


def looks_like(sample: Sample) -> bool:
    """A row says what happened to which ask."""
    return any("ask_id" in r and "kind" in r for r in sample.records)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One entry as one row."""
    kind = text(record, "kind")
    if kind not in ("asked", "answered", "confirmed"):
        raise BadRecord("TYPE", "kind is none of asked, answered, confirmed")
    return {
        "at": instant(record, "at", required=True, context=context),
        "kind": kind,
        "ask_id": identifier(record, "ask_id", required=True),
        "who": text(record, "who"),
        "question": text(record, "question"),
        "channel": text(record, "channel"),
        "refines": text(record, "refines"),
        "complete": boolean(record, "complete"),
        "about": bag(record.get("about")),
    }


READER = Reader(
    source="question_log",
    formats=("ndjson", "json", "csv"),
    looks_like=looks_like,
    parse=parse,
)
