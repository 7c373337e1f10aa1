"""Profiles (pages of the engage API, `mp_people_data`) and identity mappings as SQL.

Knows: the two namings of a profile. Must not know: events.
"""

from __future__ import annotations

from ingestion.sources.mixpanel.local_time import WallClock
from ingestion.spec import Context, TypedSql
from ingestion.values.typing_sql import content_of, unpacked, utc


def people(context: Context) -> TypedSql:
    """A profile; its id may be a number, its times carry no zone."""
    clock = WallClock.of(context)

    def at(index: int) -> str:
        return clock.instant(utc(f"v_times[{index}]"))

    return TypedSql(
        columns={
            "$distinct_id": "VARCHAR",
            "distinct_id": "VARCHAR",
            "$properties": "JSON",
            "properties": "JSON",
        },
        let={
            "v_id": "nullif(coalesce(\"$distinct_id\", distinct_id), '')",
            "v_properties": f"coalesce({unpacked(chr(34) + '$properties' + chr(34))}, {unpacked('properties')})",
            "v_times": """json_extract_string(v_properties, ['$."$created"', '$."$last_seen"'])""",
            "v_created": at(1),
            "v_updated": at(2),
        },
        select={
            "distinct_id": "v_id",
            "properties": "v_properties",
            "created_at": "v_created",
            "updated_at": "v_updated",
        },
        key="v_id",
        content=content_of(("v_properties",)),
        code="case when v_id is null then 'TYPE' when not json_valid(v_properties) then 'TYPE' end",
        message="case when v_id is null then 'distinct_id is missing' else 'properties is not an object' end",
    )


def mappings() -> TypedSql:
    """One id and the id of the person it belongs to."""
    names = ("distinct_id", "resolved_distinct_id")
    missing = " or ".join(f"nullif({name}, '') is null" for name in names)
    return TypedSql(
        columns=dict.fromkeys(names, "VARCHAR"),
        let={},
        select={name: name for name in names},
        key="distinct_id || chr(31) || resolved_distinct_id",
        content=content_of(names),
        code=f"case when {missing} then 'TYPE' end",
        message="'distinct_id and resolved_distinct_id are both needed'",
    )
