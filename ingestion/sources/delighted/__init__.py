"""Reader of Delighted survey responses: the API's array, lines, and CSV by header.

Knows: Delighted's response object and score scales. Must not know: where files come from or how rows are stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.fields import bag, identifier, instant, match_header, text
from ingestion.spec import BadRecord, Context, Reader, Reject, Sample

_ALIASES = {
    "id": ("Response ID",),
    "person": ("Person ID", "person_id"),
    "email": ("Email", "Person Email"),
    "score": ("Score",),
    "comment": ("Comment",),
    "created_at": ("Created At (UTC)", "Created At"),
    "updated_at": ("Updated At (UTC)", "Updated At"),
    "survey_type": ("Survey Type",),
}
_KNOWN = (*_ALIASES, "person_properties", "tags", "notes", "additional_answers", "permalink")
_SCALES = {
    "nps": (0, 10),
    "enps": (0, 10),
    "thumbs": (0, 1),
    "stars_five": (1, 5),
    "smileys": (1, 5),
}


def looks_like(sample: Sample) -> bool:
    """A response has a score, a person and when it was made."""
    if sample.shape == "csv":
        folded = {name.strip().casefold() for name in sample.header}
        return "score" in folded and bool({"response id", "person id", "person", "email"} & folded)
    return any("score" in r and "person" in r and "created_at" in r for r in sample.records)


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header to the API's names; the company's mapping goes first."""
    names = next(rows)
    found = match_header(names, _ALIASES, ("score", "created_at"), context)
    if "id" not in found and "person" not in found:
        raise Reject("HEADER", f"the header has neither id nor person; it has {', '.join(names)}")
    return found


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One response as one row; a score that is not on its scale is refused, never clamped."""
    survey = (text(record, "survey_type") or "nps").strip().lower()
    person = record.get("person")
    person_id = identifier(person, "id") if isinstance(person, Mapping) else identifier(record, "person")  # fmt: skip
    created = instant(record, "created_at", required=True, context=context)
    properties = record.get("person_properties")
    if "person_properties" not in record:
        properties = {name: value for name, value in record.items() if name not in _KNOWN}
    return {
        "response_id": identifier(record, "id"),
        "person_id": person_id or identifier(record, "email"),
        "survey_type": survey,
        "score": score(record.get("score"), survey),
        "comment": text(record, "comment"),
        "created_at": created,
        "updated_at": instant(record, "updated_at", context=context) or created,
        "properties": json.dumps(properties or {}, ensure_ascii=False),
        "tags": bag(record.get("tags") or []),
        "additional_answers": bag(record.get("additional_answers") or []),
    }


def score(value: Any, survey: str) -> int | None:
    """The whole number on the survey's scale; blank is no answer."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        raise BadRecord("SCORE_FORMAT", "the score is true or false, not a number")
    written = str(value).strip()
    try:
        number = float(written)
    except ValueError:
        raise BadRecord("SCORE_FORMAT", "the score is not a number") from None
    low, high = _SCALES.get(survey, (0, 10))
    if number != int(number):
        raise BadRecord("SCORE_FORMAT", "the score is not a whole number")
    if not low <= number <= high:
        raise BadRecord("SCORE_RANGE", f"the score is outside {low} to {high} of {survey}")
    return int(number)


READER = Reader(
    source="delighted",
    formats=("ndjson", "json", "csv"),
    looks_like=looks_like,
    parse=parse,
    header=header,
)
