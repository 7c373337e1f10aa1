"""Reader of Intercom: conversations as list pages, search pages, single fetches and lines, and their parts.

Knows: Intercom's conversation object through its API versions. Must not know: where files come from or how rows are
stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import bag, boolean, identifier, instant, integer, text

_STATISTIC_TIMES = ("first_admin_reply_at", "last_admin_reply_at", "first_close_at", "last_close_at")  # fmt: skip
_STATISTIC_SECONDS = ("time_to_assignment", "time_to_admin_reply", "time_to_first_close", "time_to_last_close", "median_time_to_reply")  # fmt: skip
# The conversation itself, by what stood in it when: `source` since 2.0, `conversation_message` and `user` before.
_BEGINNINGS = ("source", "conversation_message", "conversation_rating", "contacts", "customers")
_RATINGS = (1, 5)
_FLAT = {"source_delivered_as", "source_author_type", "source_type"}
_FLAT_PARENTS = {
    "source_author": ("source", "author"),
    "source": ("source",),
    "conversation_rating": ("conversation_rating",),
    "first_contact_reply": ("first_contact_reply",),
    "assignee": ("assignee",),
}


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """A part on a line of its own names its conversation; all else is a conversation."""
    is_part = "part_type" in record or record.get("type") == "conversation_part"
    return "conversation_parts" if is_part else "conversations"


def looks_like(sample: Sample) -> bool:
    """Conversations say so by their type, or have a beginning, a state and a moment; parts have a part type."""
    return any(
        record.get("type") == "conversation"
        or {"source_delivered_as", "state"} <= set(record)
        or {"part_type", "conversation_id"} <= set(record)
        or ({"state", "created_at"} <= set(record) and bool({"source", "conversation_message", "conversation_rating"} & set(record)))
        for record in sample.records
    )  # fmt: skip


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One conversation, or one part that came alone, as one row."""
    return _part(record) if context.table == "conversation_parts" else _conversation(record)


def _conversation(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """One conversation; closed before it began is refused, dates far ahead are kept as they are."""
    record = _unflattened(record)
    if not set(_BEGINNINGS) & set(record):
        raise BadRecord("TYPE", "this is no conversation: it has no source, contacts or message")
    created = instant(record, "created_at", required=True)
    statistics = _mapping(record.get("statistics"))
    last_close = instant(statistics, "last_close_at")
    if last_close and created and last_close < created:
        raise BadRecord("NEGATIVE_DURATION", "last_close_at is before created_at")
    beginning = _mapping(record.get("source") or record.get("conversation_message"))
    author = _mapping(beginning.get("author"))
    contacts = _items(record.get("contacts"), "contacts") or _items(record.get("customers"), "customers")  # fmt: skip
    contacts = contacts or [_mapping(record.get("user"))] * bool(record.get("user"))
    contact = contacts[0] if contacts else {}
    parts = _items(record.get("conversation_parts"), "conversation_parts")
    rating = _mapping(record.get("conversation_rating"))
    sla = _mapping(record.get("sla_applied"))
    return {
        "conversation_id": identifier(record, "id", required=True),
        "title": text(record, "title"),
        "state": text(record, "state") or _state(record),
        "is_open": boolean(record, "open"),
        "is_read": boolean(record, "read"),
        "priority": text(record, "priority"),
        "admin_assignee_id": _assignee(record, "admin"),
        "team_assignee_id": _assignee(record, "team"),
        "source_type": text(beginning, "type"),
        "delivered_as": text(beginning, "delivered_as"),
        "source_subject": text(beginning, "subject"),
        "source_body": text(beginning, "body"),
        "source_url": text(beginning, "url"),
        "author_type": text(author, "type"),
        "author_id": identifier(author, "id"),
        "author_email": text(author, "email"),
        "contact_id": identifier(contact, "id"),
        "contact_external_id": identifier(contact, "external_id", "user_id"),
        "contacts": bag(contacts),
        "teammates": bag(_teammates(record.get("teammates"))),
        "tags": bag(_tag_names(record.get("tags"))),
        "first_contact_reply_at": instant(_mapping(record.get("first_contact_reply")), "created_at")
        or instant(statistics, "first_contact_reply_at"),
        "rating": _rating(rating),
        "rating_remark": text(rating, "remark"),
        "rated_at": instant(rating, "created_at"),
        **{name: instant(statistics, name) for name in _STATISTIC_TIMES},
        **{f"{name}_seconds": integer(statistics, name) for name in _STATISTIC_SECONDS},
        "reopens": integer(statistics, "count_reopens"),
        "statistics": bag(dict(statistics) or None),
        "sla_name": text(sla, "sla_name") or text(record, "sla_name"),
        "sla_status": text(sla, "sla_status") or text(record, "sla_status"),
        "custom_attributes": bag(record.get("custom_attributes") or {}),
        "parts": bag(parts),
        "parts_total": integer(_mapping(record.get("conversation_parts")), "total_count"),
        "waiting_since": instant(record, "waiting_since"),
        "snoozed_until": instant(record, "snoozed_until"),
        "created_at": created,
        "updated_at": instant(record, "updated_at") or created,
    }


def _unflattened(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The nested object of a connector's flat row: `source_author_type` stands for source.author.type."""
    if not _FLAT & set(record):
        return record
    nested: dict[str, Any] = {name: value for name, value in record.items() if value != ""}
    for flat, path in _FLAT_PARENTS.items():
        parent = nested
        for key in path:
            parent = parent.setdefault(key, {})
        for name in [name for name in nested if name.startswith(f"{flat}_")]:
            parent[name.removeprefix(f"{flat}_")] = nested.pop(name)
    if "value" in nested["conversation_rating"]:
        nested["conversation_rating"]["rating"] = nested["conversation_rating"]["value"]
    return nested


def _part(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """One part of a conversation that a connector wrote as a record of its own."""
    author = _mapping(record.get("author"))
    created = instant(record, "created_at", required=True)
    return {
        "part_id": identifier(record, "id", required=True),
        "conversation_id": identifier(record, "conversation_id", required=True),
        "part_type": text(record, "part_type"),
        "body": text(record, "body"),
        "author_type": text(author, "type") or text(record, "author_type"),
        "author_id": identifier(author, "id") or identifier(record, "author_id"),
        "created_at": created,
        "updated_at": instant(record, "updated_at") or created,
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Any, name: str) -> list[Any]:
    """The members of a list, whether it is written plainly or as `{type: …list, <name>: […]}`."""
    found = value.get(name) if isinstance(value, Mapping) else value
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _teammates(value: Any) -> list[Any]:
    return _items(value, "teammates") or _items(value, "admins")


def _tag_names(value: Any) -> list[str]:
    """Names of tags; connectors flatten them to plain texts."""
    found = value.get("tags") if isinstance(value, Mapping) else value
    found = found if isinstance(found, list) else []
    names = (tag.get("name") if isinstance(tag, Mapping) else tag for tag in found)
    return [str(name) for name in names if name not in (None, "")]


def _assignee(record: Mapping[str, Any], kind: str) -> str | None:
    """Who it is assigned to; before 2.2 one object for both kinds. `0` is nobody."""
    found = identifier(record, f"{kind}_assignee_id")
    before = _mapping(record.get("assignee"))
    if found is None and before.get("type") == kind:
        found = identifier(before, "id")
    return None if found == "0" else found


def _state(record: Mapping[str, Any]) -> str | None:
    """Before 2.0 a conversation says only whether it is open."""
    is_open = boolean(record, "open")
    return None if is_open is None else "open" if is_open else "closed"


def _rating(rating: Mapping[str, Any]) -> int | None:
    """The rating from 1 to 5; a request that was not answered has none."""
    found = integer(rating, "rating")
    low, high = _RATINGS
    if found is not None and not low <= found <= high:
        raise BadRecord("SCORE_RANGE", f"the rating is outside {low} to {high}")
    return found


READER = Reader(
    source="intercom",
    formats=("ndjson", "json", "csv"),
    looks_like=looks_like,
    table_of=table_of,
    parse=parse,
    page_keys=("conversations",),
)
