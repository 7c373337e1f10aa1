"""Reader of Productboard notes and hierarchy items: both generations of the API, and a board's CSV.

Knows: the note and entity objects of versions 1 and 2. Must not know: which other tools hold the same feedback.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.declared import declared_day
from ingestion.values.fields import (  # fmt: skip
    bag,
    boolean,
    identifier,
    inside,
    instant,
    match_header,
    number,
    part,
    parts,
    text,
)

_ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("feature id", "item id", "uuid"),
    "name": ("feature", "feature name", "item", "item name"),
    "type": ("item type", "entity type", "level"),
    "description": (),
    "status": ("status name",),
    "owner": ("owner email",),
    "parent": ("parent id",),
    "timeframe_start": ("timeframe start", "start date"),
    "timeframe_end": ("timeframe end", "end date"),
    "tags": (),
    "effort": (),
    "created_at": ("created",),
    "updated_at": ("updated", "last updated"),
}
_NOTE_FIELDS = ("name", "content", "owner", "creator", "tags", "archived", "processed")
_ITEM_FIELDS = ("name", "description", "status", "owner", "timeframe", "teams", "tags", "archived", "workProgress", "effort")  # fmt: skip


def looks_like(sample: Sample) -> bool:
    """A v2 object has fields and relationships; a v1 note a state and a display URL; a v1 feature a timeframe."""
    return any(
        ("fields" in r and "relationships" in r and "createdAt" in r)
        or ("displayUrl" in r and "content" in r)
        or ("timeframe" in r and "status" in r and "id" in r)
        for r in sample.records
    )


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """Notes by their type, or by title and content; whatever else has a name is an item."""
    kind = record.get("type")
    if isinstance(kind, str) and kind.lower().endswith("note"):
        return "notes"
    if isinstance(record.get("fields"), Mapping) or "name" in record:
        return "features"
    return "notes"


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps the CSV header of a board; columns shown beside the known ones become custom fields."""
    return match_header(next(rows), _ALIASES, ("name",), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One note or item as one row."""
    if context.table == "features":
        return _item(record, context)
    return _note(record, context)


def _note(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    is_v2 = isinstance(record.get("fields"), Mapping)
    fields = part(record, "fields") if is_v2 else record
    content = fields.get("content")
    creator = part(fields, "creator" if is_v2 else "createdBy")
    origin = _origin(part(record, "metadata")) if is_v2 else part(record, "source")
    state = text(record, "state")
    relations, is_whole = _relations(record)
    return {
        "note_id": identifier(record, "id", required=True),
        "api_version": "2" if is_v2 else "1",
        "type": text(record, "type"),
        "title": text(fields, "name" if is_v2 else "title"),
        "content": _spoken(content),
        "parts": bag(content) if isinstance(content, list) else None,
        "owner_id": identifier(part(fields, "owner"), "id"),
        "owner_email": text(part(fields, "owner"), "email"),
        "creator_id": identifier(creator, "id"),
        "creator_email": text(creator, "email"),
        "tags": bag(_names(fields.get("tags"))),
        "is_archived": boolean(fields, "archived") if is_v2 else _is(state, "archived"),
        "is_processed": boolean(fields, "processed") if is_v2 else _is(state, "processed"),
        "source_system": text(origin, "system", "origin"),
        "source_record_id": identifier(origin, "recordId", "record_id", "id"),
        "relationships": bag(relations if is_v2 else _links_of_v1(record)),
        "has_all_relationships": is_whole,
        "custom_fields": bag(_others(fields, _NOTE_FIELDS) if is_v2 else {}),
        "url": text(part(record, "links"), "html", "self")
        or text(record, "displayUrl", "externalDisplayUrl"),
        "created_at": instant(record, "createdAt", required=True, context=context),
        "updated_at": instant(record, "updatedAt", context=context),
    }


def _origin(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where a v2 note was taken over from; the name of the tool may stand alone."""
    source = metadata.get("source")
    if isinstance(source, Mapping):
        return source
    return {"system": source, "recordId": metadata.get("recordId")}


def _item(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    is_v2 = isinstance(record.get("fields"), Mapping)
    is_csv = "createdAt" not in record and not is_v2 and not isinstance(record.get("status"), Mapping)  # fmt: skip
    fields = part(record, "fields") if is_v2 else record
    name = text(fields, "name")
    if not name:
        raise BadRecord("TYPE", "name is missing")
    status, owner, frame = (part(fields, key) for key in ("status", "owner", "timeframe"))
    relations, is_whole = _relations(record)
    item_id = identifier(record, "id", required=not is_csv)
    return {
        "feature_id": item_id,
        "type": text(record, "type") or "feature",
        "name": name,
        "description": text(fields, "description"),
        "status_id": identifier(status, "id"),
        "status_name": text(status, "name") or (text(record, "status") if is_csv else None),
        "owner_id": identifier(owner, "id"),
        "owner_email": text(owner, "email") or (text(record, "owner") if is_csv else None),
        "timeframe_start": _planned(record if is_csv else frame, is_csv, "start", context),
        "timeframe_end": _planned(record if is_csv else frame, is_csv, "end", context),
        "timeframe_granularity": text(frame, "granularity"),
        "teams": bag(fields.get("teams")),
        "tags": bag(_names(fields.get("tags"))),
        "is_archived": boolean(fields, "archived"),
        "progress": number(part(fields, "workProgress"), "value"),
        "progress_mode": text(part(fields, "workProgress"), "mode"),
        "effort": number(fields, "effort", context=context),
        "parent_id": _parent(record),
        "relationships": bag(relations),
        "has_all_relationships": is_whole,
        "custom_fields": bag(
            _others(fields, _ITEM_FIELDS if is_v2 else tuple(_ALIASES)) if is_v2 or is_csv else {}
        ),
        "url": text(part(record, "links"), "html", "self"),
        "created_at": instant(record, "createdAt", "created_at", context=context),
        "updated_at": instant(record, "updatedAt", "updated_at", context=context),
        "__marks": "" if item_id else "NO_ID",
    }


def _planned(frame: Mapping[str, Any], is_csv: bool, edge: str, context: Context) -> str | None:
    """A planned day; `none` is how version 1 writes that there is no plan."""
    name = f"timeframe_{edge}" if is_csv else f"{edge}Date"
    if (text(frame, name) or "none").strip().casefold() == "none":
        return None
    return declared_day(frame, name, context)


def _relations(record: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """The first page of a v2 object's links, and whether it is all of them."""
    relationships = part(record, "relationships")
    found = []
    for item in parts(relationships, "data"):
        target = part(item, "target")
        link = {
            "relation": text(item, "type"),
            "type": text(target, "type"),
            "id": identifier(target, "id"),
        }
        found.append({**link, "importance": item.get("importance")})
    return found, not text(part(relationships, "links"), "next")


def _links_of_v1(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The company, the user and the features of a v1 note, in the form of version 2."""
    found: list[dict[str, Any]] = []
    for kind in ("company", "user"):
        key = identifier(part(record, kind), "id")
        if key:
            found.append({"relation": "customer", "type": kind, "id": key, "importance": None})
    for feature in parts(record, "features"):
        link = {"relation": "link", "type": "feature", "id": identifier(feature, "id")}
        found.append({**link, "importance": feature.get("importance")})
    return found


def _parent(record: Mapping[str, Any]) -> str | None:
    """The item above: an id, or `{feature: {id}}` and the like of version 1."""
    parent = record.get("parent")
    if isinstance(parent, Mapping):
        inner = next((value for value in parent.values() if isinstance(value, Mapping)), parent)
        return identifier(inner, "id")
    return identifier(record, "parent")


def _spoken(content: Any) -> str | None:
    """The text of a note; of a conversation the texts of its parts, one per line."""
    if not isinstance(content, list):
        return text({"content": content}, "content")
    said = [text(item, "content", "body", "text") for item in content if isinstance(item, Mapping)]
    return "\n".join(line for line in said if line) or None


def _names(tags: Any) -> list[str]:
    """Names of tags, which come as objects, as texts, or as one text with commas."""
    if isinstance(tags, str):
        return [part for part in (piece.strip() for piece in tags.split(",")) if part]
    if not isinstance(tags, list):
        return []
    named = [inside(tag, "name") if isinstance(tag, Mapping) else tag for tag in tags]
    return [str(name) for name in named if name not in (None, "")]


def _others(fields: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in known}


def _is(state: str | None, wanted: str) -> bool | None:
    """True where the one state of version 1 is the wanted one; an archived note counts as processed."""
    if state is None:
        return None
    return state == wanted or (wanted == "processed" and state == "archived")


READER = Reader(
    source="productboard",
    formats=("ndjson", "json", "csv"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    table_of=table_of,
)
