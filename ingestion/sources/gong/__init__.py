"""Reader of Gong: calls and transcripts as its API answers them.

Knows: the call and transcript objects; times of calls are ISO or epoch seconds, of sentences milliseconds. Must not
know: who the customers are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import (  # fmt: skip
    bag,
    boolean,
    identifier,
    instant,
    integer,
    number,
    part,
    parts,
    text,
)


def looks_like(sample: Sample) -> bool:
    """A transcript names its call; a call has metadata, or a primary user and a start."""
    return any(
        ("callId" in r and "transcript" in r)
        or ("started" in part(r, "metaData"))
        or ("primaryUserId" in r and "started" in r)
        for r in sample.records
    )


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """Transcripts hold the id of a call, calls their own."""
    return "transcripts" if page_key == "callTranscripts" or "callId" in record else "calls"


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One call or transcript as one row."""
    return _transcript(record) if context.table == "transcripts" else _call(record)


def _call(record: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = part(record, "metaData") or record
    content, interaction = part(record, "content"), part(record, "interaction")
    questions = part(interaction, "questions")
    seconds = number(meta, "duration")
    if seconds is not None and seconds < 0:
        raise BadRecord("NEGATIVE_DURATION", "the call ends before it starts")
    return {
        "call_id": identifier(meta, "id", required=True),
        "title": text(meta, "title"),
        "purpose": text(meta, "purpose"),
        "url": text(meta, "url"),
        "meeting_url": text(meta, "meetingUrl"),
        "calendar_event_id": identifier(meta, "calendarEventId"),
        "client_unique_id": identifier(meta, "clientUniqueId"),
        "scheduled_at": instant(meta, "scheduled"),
        "started_at": instant(meta, "started", required=True),
        "duration_seconds": seconds,
        "primary_user_id": identifier(meta, "primaryUserId"),
        "workspace_id": identifier(meta, "workspaceId"),
        "direction": text(meta, "direction"),
        "scope": text(meta, "scope"),
        "is_private": boolean(meta, "isPrivate"),
        "media": text(meta, "media"),
        "language": text(meta, "language"),
        "system": text(meta, "system"),
        "parties": bag(record.get("parties") or []),
        "trackers": bag(content.get("trackers") or []),
        "topics": bag(content.get("topics") or []),
        "points_of_interest": bag(content.get("pointsOfInterest")),
        "brief": text(content, "brief"),
        "outline": bag(content.get("outline") or []),
        "highlights": bag(content.get("highlights") or []),
        "key_points": bag(content.get("keyPoints") or []),
        "call_outcome": bag(content.get("callOutcome")),
        "speakers": bag(interaction.get("speakers") or []),
        "interaction_stats": bag(interaction.get("interactionStats") or []),
        "company_questions": integer(questions, "companyCount"),
        "other_questions": integer(questions, "nonCompanyCount"),
        "crm_context": bag(record.get("context") or []),
    }


def _transcript(record: Mapping[str, Any]) -> Mapping[str, Any]:
    turns = record.get("transcript")
    if not isinstance(turns, list):
        raise BadRecord("TYPE", "transcript is not a list of turns")
    said = [sentence for turn in parts(record, "transcript") for sentence in parts(turn, "sentences")]  # fmt: skip
    ends = [end for sentence in said if (end := integer(sentence, "end")) is not None]
    return {
        "call_id": identifier(record, "callId", required=True),
        "turns": bag(turns),
        "sentences": len(said),
        "ends_after_ms": max(ends, default=None),
    }


READER = Reader(
    source="gong",
    formats=("json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    table_of=table_of,
    page_keys=("calls", "callTranscripts"),
)
