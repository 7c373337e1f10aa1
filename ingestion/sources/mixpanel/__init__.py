"""Reader of Mixpanel: raw event exports, pipelines, profiles and identity mappings.

Knows: Mixpanel's names in each of its exports, seconds or milliseconds, project-local times of old projects.
Must not know: where files come from or how rows are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.sources.mixpanel.events import PIPELINE, RAW, events
from ingestion.sources.mixpanel.profiles import mappings, people
from ingestion.spec import Context, Reader, Reject, Sample, TypedSql

# Names that the schematized pipeline gives to what this reader needs by name; the others stay as they are exported.
_SCHEMATIZED = {
    "mp_insert_id": "$insert_id",
    "mp_device_id": "$device_id",
    "mp_user_id": "$user_id",
    "mp_distinct_id_before_identity": "$distinct_id_before_identity",
    "mp_mp_api_timestamp_ms": "$mp_api_timestamp_ms",
    "mp_os": "$os",
}


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """The table, and the shape of an event, by the names that only this shape has."""
    if "resolved_distinct_id" in record:
        return "identity_mappings"
    if "$properties" in record or record.keys() == {"distinct_id", "properties"}:
        return "people"
    if "event_name" in record:
        return "events/pipeline"
    if "mp_event_name" in record:
        return "events/schematized"
    return "events"


def looks_like(sample: Sample) -> bool:
    """Each export has names of its own: a bag that holds the time, an insert id, a resolved id."""
    return any(_is_ours(record) for record in sample.records)


def _is_ours(record: Mapping[str, Any]) -> bool:
    bag = record.get("properties")
    if "event" in record:
        return isinstance(bag, dict) and "time" in bag and "uuid" not in record
    if "event_name" in record:
        return "insert_id" in record and "properties" in record
    if "mp_event_name" in record:
        return "distinct_id" in record and "time" in record
    if "$distinct_id" in record:
        return "$properties" in record
    return "resolved_distinct_id" in record or record.keys() == {"distinct_id", "properties"}


def from_schematized(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """A row of the old schematized pipeline as a line of the raw export; empty columns are no properties."""
    filled = {name: value for name, value in record.items() if value is not None}
    event = filled.pop("mp_event_name", None)
    properties = {_SCHEMATIZED.get(name, name): value for name, value in filled.items()}
    return {"event": event, "properties": properties}


def check_end(tail: bytes) -> None:
    """An export that was cut says so in its last line."""
    last = tail.rstrip().rsplit(b"\n", 1)[-1].strip()
    if last == b"terminated early":
        raise Reject("INCOMPLETE_FILE", "the export says `terminated early`: export it again")


def sql(table: str, context: Context) -> TypedSql:
    """How a slice becomes rows of a table."""
    if table == "people":
        return people(context)
    if table == "identity_mappings":
        return mappings()
    return events(context, PIPELINE if table == "events/pipeline" else RAW)


READER = Reader(
    source="mixpanel",
    formats=("ndjson", "json"),
    looks_like=looks_like,
    sql=sql,
    check_end=check_end,
    table_of=table_of,
    reshape={"events/schematized": from_schematized},
    joins_lines=True,
    page_keys=("results",),
)
