"""Reader of Delighted: survey responses (the API's array, lines, CSV by header), people, bounces and unsubscribes.

Knows: Delighted's objects and score scales. Must not know: where files come from or how rows are stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Reject, Sample
from ingestion.values.fields import bag, identifier, instant, match_header, text
from ingestion.values.scores import NPS, score

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
    "nps": NPS,
    "enps": NPS,
    "csat": (1, 7),
    "ces": (1, 7),
    "thumbs": (0, 1),
    "stars_five": (1, 5),
    "smileys": (1, 5),
}


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """The raw table of an object, by the time that only it has."""
    if "bounced_at" in record:
        return "bounces"
    if "unsubscribed_at" in record:
        return "unsubscribes"
    if "score" not in record and {"last_sent_at", "last_responded_at"} & set(record):
        return "people"
    return "responses"


def looks_like(sample: Sample) -> bool:
    """A response has a score, a person and when it was made; people have when they were last asked."""
    if sample.shape == "csv":
        folded = {name.strip().casefold() for name in sample.header}
        return "score" in folded and bool({"response id", "person id", "person", "email"} & folded)
    return any(
        ("score" in record and "person" in record and "created_at" in record)
        or {"person_id", "email", "bounced_at"} <= set(record)
        or {"person_id", "email", "unsubscribed_at"} <= set(record)
        or {"last_sent_at", "next_survey_scheduled_at"} <= set(record)
        for record in sample.records
    )


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header to the API's names; the company's mapping goes first."""
    names = next(rows)
    found = match_header(names, _ALIASES, ("score", "created_at"), context)
    if not {"id", "person", "email"} & set(found):
        raise Reject("HEADER", f"the header has neither id nor person; it has {', '.join(names)}")
    return found


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One object as one row of its table."""
    if context.table == "people":
        return _person(record)
    if context.table in ("bounces", "unsubscribes"):
        at = "bounced_at" if context.table == "bounces" else "unsubscribed_at"
        return {
            "person_id": identifier(record, "person_id", required=True),
            "email": text(record, "email"),
            "name": text(record, "name"),
            at: instant(record, at, required=True),
        }
    return _response(record, context)


def _response(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One response; a score that is not on its scale is refused, never clamped."""
    survey = (text(record, "survey_type") or "nps").strip().lower()
    person = record.get("person")
    expanded = person if isinstance(person, Mapping) else {}
    person_id = identifier(expanded, "id") if expanded else identifier(record, "person")
    email = text(expanded, "email") or text(record, "email")
    created = instant(record, "created_at", required=True, context=context)
    properties = record.get("person_properties")
    if "person_properties" not in record:
        properties = {name: value for name, value in record.items() if name not in _KNOWN}
    if properties is not None and not isinstance(properties, Mapping):
        raise BadRecord("TYPE", "person_properties is not a mapping of names to values")
    return {
        "response_id": identifier(record, "id"),
        "person_id": person_id or identifier({"email": email}, "email"),
        "email": email,
        "survey_type": survey,
        "score": score(record.get("score"), _SCALES.get(survey, NPS), survey),
        "comment": text(record, "comment"),
        "permalink": text(record, "permalink"),
        "created_at": created,
        "updated_at": instant(record, "updated_at", context=context) or created,
        "properties": json.dumps(properties or {}, ensure_ascii=False),
        "tags": bag(record.get("tags") or []),
        "notes": bag(record.get("notes") or []),
        "additional_answers": bag(record.get("additional_answers") or []),
    }


def _person(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """One person; Delighted tells no time of change, so the latest of a person's times stands for it."""
    times = {
        name: instant(record, name)
        for name in ("created_at", "last_sent_at", "last_responded_at", "next_survey_scheduled_at")
    }
    happened = (times["created_at"], times["last_sent_at"], times["last_responded_at"])
    return {
        "person_id": identifier(record, "id", required=True),
        "email": text(record, "email"),
        "name": text(record, "name"),
        **times,
        "changed_at": max((at for at in happened if at), default=None),
    }


READER = Reader(
    source="delighted",
    formats=("ndjson", "json", "csv"),
    looks_like=looks_like,
    table_of=table_of,
    parse=parse,
    header=header,
)
