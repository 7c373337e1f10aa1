"""Reader of Qualtrics' CSV and TSV: three header rows, or two in the legacy format.

Knows: the head, the times and the score cells of that export. Must not know: where files come from or how rows are
stored. What the head says is read in `head`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ingestion.sources.qualtrics.head import header, is_legacy
from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import boolean, identifier, integer, text
from ingestion.values.localtime import parse_declared
from ingestion.values.scores import labelled_score

_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
# Previews and test answers, with the codes of a numeric export and the words of a labelled one.
_NOT_REAL = {"1", "2", "9", "17"}
_NOT_REAL_WORDS = ("preview", "test")


def looks_like(sample: Sample) -> bool:
    """The fixed columns of the first header row, of today or before 2017."""
    names = {name.strip() for name in sample.header}
    return {"StartDate", "EndDate", "ResponseId"} <= names or is_legacy(sample.header)


def is_filtered(fields: Sequence[str], context: Context) -> bool:
    """Previews are no answers."""
    at = context.page["status_at"]
    if at is None or at >= len(fields):
        return False
    status = fields[at].strip().casefold()
    return status in _NOT_REAL or any(word in status for word in _NOT_REAL_WORDS)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One response as one row; a score that is not on the scale is refused, never clamped."""
    columns, mapped = context.page["columns"], context.page["mapped"]
    started, ended = _time(record, "startDate", context), _time(record, "endDate", context)
    recorded = _time(record, "recordedDate", context)
    if not (ended or recorded or started):
        raise BadRecord("TIME_FORMAT", "EndDate is missing")
    cells = {ours: record.get(key) for ours, key in mapped.items()}
    answers = [
        {**column, "value": record[key]}
        for key, column in columns.items()
        if column["is_question"] and str(record.get(key) or "").strip()
    ]
    return {
        "response_id": identifier(record, "_recordId", required=True),
        "user_id": identifier(cells, "user") or identifier(record, "externalDataReference"),
        "email": text(record, "recipientEmail"),
        "wave": text(cells, "wave"),
        "score": labelled_score(cells.get("score")),
        "score_from": mapped.get("score"),
        "comment": text(cells, "comment"),
        "status": text(record, "status"),
        "is_finished": boolean(record, "finished"),
        "progress": integer(record, "progress"),
        "duration_seconds": integer(record, "duration"),
        "distribution_channel": text(record, "distributionChannel"),
        "user_language": text(record, "userLanguage"),
        "answers": json.dumps([_without_mark(answer) for answer in answers], ensure_ascii=False),
        "embedded_data": json.dumps(_embedded(record, columns), ensure_ascii=False),
        "started_at": started,
        "ended_at": ended,
        "recorded_at": recorded or ended,
        "answered_at": ended or recorded or started,
    }


def _time(record: Mapping[str, Any], name: str, context: Context) -> str | None:
    """A time of the export's zone as UTC: as its head says, else as the settings say, else UTC."""
    written = text(record, name)
    if written is None:
        return None
    zone = context.page["zones"].get(name) or context.settings.get("timezone") or "UTC"
    return parse_declared(written, context.settings, str(zone), _FORMS, name)


def _without_mark(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "is_question"}


def _embedded(
    record: Mapping[str, Any], columns: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """What is neither Qualtrics' own nor a question, by its name."""
    return {
        column["name"]: record[key]
        for key, column in columns.items()
        if not column["is_question"] and str(record.get(key) or "").strip()
    }


READER = Reader(
    source="qualtrics",
    formats=("csv",),
    looks_like=looks_like,
    parse=parse,
    header=header,
    is_filtered=is_filtered,
)
