"""Reader of PostHog: batch exports of events and persons, pages of the API, and the CSV of its pages.

Knows: PostHog's objects in each of their shapes. Must not know: where files come from or how rows are stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.sources.posthog.events import events
from ingestion.sources.posthog.objects import experiments, persons
from ingestion.spec import Context, Reader, Sample, TypedSql
from ingestion.values.fields import match_header

_NOTHING = "No data available or unable to format for export."
_CSV: dict[str, tuple[str, ...]] = {
    "uuid": ("id",),
    "event": (),
    "distinct_id": (),
    "timestamp": (),
}


def ignores(member: str) -> bool:
    """True for the list of files that a batch export writes last."""
    return member.endswith("_manifest.json")


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """The table by the names that only its records have; a flattened event says so by its dots."""
    if "person_distinct_id_version" in record:
        return "persons"
    if "feature_flag_key" in record:
        return "experiments"
    return "events/flat" if any(_is_flattened(name) for name in record) else "events"


def _is_flattened(name: str) -> bool:
    return name.startswith(("properties.", "person."))


def looks_like(sample: Sample) -> bool:
    """An event has a time called `timestamp` and a person; persons have versions, experiments a flag and a conclusion."""
    return any(_is_ours(record) for record in sample.records)


def _is_ours(record: Mapping[str, Any]) -> bool:
    if {"event", "timestamp", "distinct_id"} <= record.keys():
        return bool({"uuid", "person"} & record.keys()) or any(map(_is_flattened, record))
    return (
        {"person_id", "distinct_id", "person_distinct_id_version"} <= record.keys()
        or {"feature_flag_key", "start_date"} <= record.keys()
        or record == {"error": _NOTHING}
    )


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps the header of the pages' CSV, whose columns come in any order; an empty result has the column `error` only."""
    first = next(rows)
    if first == ["error"]:
        return []
    return match_header(first, _CSV, ("event", "timestamp"), context)


def from_flat(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """A flattened row as an event. What stands after the first dot is kept as one name: names may hold dots themselves."""
    bags: dict[str, dict[str, Any]] = {"properties.": {}, "person.properties.": {}}
    event: dict[str, Any] = {}
    for name, value in record.items():
        if value in (None, ""):
            continue
        prefix = next((prefix for prefix in bags if name.startswith(prefix)), None)
        if prefix:
            bags[prefix][name.removeprefix(prefix)] = value
        elif "." not in name:
            event[name] = value
    return {
        **event,
        "properties": bags["properties."],
        "person_properties": bags["person.properties."] or None,
    }


def sql(table: str, context: Context) -> TypedSql:
    """How a slice becomes rows of a table."""
    if table == "persons":
        return persons()
    return experiments() if table == "experiments" else events(context)


READER = Reader(
    source="posthog",
    formats=("ndjson", "json", "csv", "parquet"),
    looks_like=looks_like,
    sql=sql,
    ignores=ignores,
    table_of=table_of,
    header=header,
    reshape={"events/flat": from_flat},
    page_keys=("results",),
)
