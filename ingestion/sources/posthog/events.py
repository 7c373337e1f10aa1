"""Events of PostHog as SQL, whatever they were exported as.

Knows: PostHog's event object in its three shapes. Must not know: persons, experiments, or how rows are stored.
"""

from __future__ import annotations

from ingestion.spec import Context, TypedSql
from ingestion.values.clock_rules import ClockRules
from ingestion.values.typing_sql import (  # fmt: skip
    blank_to_null,
    content_of,
    flags,
    no_later_than,
    time_problem,
    unpacked,
    usable_id,
    utc,
)

_TEXTS = ("uuid", "id", "event", "distinct_id", "person_id", "timestamp", "created_at", "_inserted_at")  # fmt: skip
_BAGS = ("properties", "person_properties", "person")


def events(context: Context) -> TypedSql:
    """How a slice becomes rows of `events`; a bag that is JSON inside a text (Parquet) is unpacked."""
    clock = ClockRules.of(context.settings)

    return TypedSql(
        columns={**dict.fromkeys(_TEXTS, "VARCHAR"), **dict.fromkeys(_BAGS, "JSON")},
        let={
            "v_uuid": usable_id("coalesce(uuid, id)"),
            "v_name": blank_to_null("event"),
            "v_at": utc('"timestamp"'),
            "v_created": utc("created_at"),
            "v_received": f"coalesce(v_created, {utc('_inserted_at')})",
            "v_skewed": clock.clock_is_off("v_at", "v_received"),
            "v_time": "case when v_skewed then v_received else v_at end",
            "v_properties": unpacked("properties"),
        },
        select={
            "uuid": "v_uuid",
            "event": "event",
            "distinct_id": "nullif(distinct_id, '')",
            "person_id": "nullif(person_id, '')",
            "timestamp_at": no_later_than("v_time", "v_received"),
            "created_at": "v_received",
            "properties": "v_properties",
            "person_properties": (
                f"coalesce({unpacked('person_properties')}, cast(json_extract(person, '$.properties') as varchar))"
            ),
        },
        key="v_uuid",
        content=content_of(("distinct_id", "event", '"timestamp"', "v_properties")),
        flags=flags(("NO_ID", "v_uuid is null"), ("CLOCK_SKEW", "v_skewed")),
        code=(
            "case when v_name is null then 'TYPE' "
            f"when v_at is null then {time_problem(chr(34) + 'timestamp' + chr(34), 'v_at')} "
            "when v_at > timestamp '2200-01-01' then 'TIME_UNIT' "
            f"when {clock.too_far_ahead('v_at', 'v_received')} then 'FUTURE_EVENT' "
            f"when {clock.too_late('v_time', 'v_received')} then 'TOO_LATE' end"
        ),
        message=(
            "case when v_name is null then 'event is missing' "
            "when v_at is null then 'timestamp is missing or not an ISO 8601 time' "
            f"when {clock.too_late('v_time', 'v_received')} then {clock.late_message('timestamp', 'created_at')} "
            "else 'timestamp does not fit created_at' end"
        ),
    )
