"""Reader of Amplitude exports: Export API zips, object-store files and merged-id files.

Knows: Amplitude's event object and its clocks. Must not know: where files come from or how rows are stored.
`event_time` is already corrected for the device's clock and is used as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ingestion.spec import Context, Reader, Sample, TypedSql
from ingestion.values.clock_rules import ClockRules
from ingestion.values.typing_sql import (  # fmt: skip
    blank_to_null,
    content_of,
    flags,
    time_problem,
    usable_id,
    utc,
)

_TEXTS = ("uuid", "$insert_id", "event_type", "user_id", "device_id", "amplitude_id", "session_id", "event_time", "client_event_time", "client_upload_time", "server_received_time", "server_upload_time", "platform", "country", "version_name", "library")  # fmt: skip
_BAGS = ("event_properties", "user_properties", "groups", "data")
_MERGES = re.compile(r"(^|/)-[^/]*_\d{4}-\d{2}-\d{2}_\d+[^/]*\.json(\.gz)?$")


def ignores(member: str) -> bool:
    """True for the markers of a finished hour."""
    return member.endswith("_complete")


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """`merges` for a file of merged ids, by its name or its first record."""
    merges = _MERGES.search(member) or "merged_amplitude_id" in record
    return "merges" if merges else "events"


def looks_like(sample: Sample) -> bool:
    """An Amplitude row has its own names for the event and its time."""
    return any("event_type" in r and "event_time" in r for r in sample.records) or any(
        "merged_amplitude_id" in r for r in sample.records
    )


def sql(table: str, context: Context) -> TypedSql:
    """How a slice becomes rows of `events` or `merges`."""
    return _merges() if table == "merges" else _events(context)


def _events(context: Context) -> TypedSql:
    received = "coalesce(v_uploaded, v_received)"
    clock = ClockRules.of(context.settings)
    return TypedSql(
        columns={**dict.fromkeys(_TEXTS, "VARCHAR"), **dict.fromkeys(_BAGS, "JSON")},
        let={
            "v_uuid": usable_id("uuid"),
            "v_name": blank_to_null("event_type"),
            "v_at": utc("event_time"),
            "v_client_at": utc("client_event_time"),
            "v_received": utc("server_received_time"),
            "v_uploaded": utc("server_upload_time"),
            "v_skewed": clock.clock_is_off("v_at", received),
            "v_time": f"case when v_skewed then {received} else v_at end",
        },
        select={
            "uuid": "v_uuid",
            "insert_id": blank_to_null('"$insert_id"'),
            "event_type": "event_type",
            "user_id": "nullif(user_id, '')",
            "device_id": "nullif(device_id, '')",
            "amplitude_id": "nullif(amplitude_id, '')",
            "session_id": "nullif(nullif(session_id, '-1'), '')",
            "event_time": "v_time",
            "client_event_time": "v_client_at",
            "client_upload_time": utc("client_upload_time"),
            "server_received_time": "v_received",
            "server_upload_time": received,
            "event_properties": "event_properties",
            "user_properties": "user_properties",
            "groups": '"groups"',
            "data": "data",
            "platform": "platform",
            "country": "country",
            "version_name": "version_name",
            "library": "library",
        },
        key="v_uuid",
        content=content_of(
            ("user_id", "device_id", "event_type", "event_time", "event_properties")
        ),
        flags=flags(("NO_ID", "v_uuid is null"), ("CLOCK_SKEW", "v_skewed")),
        code=(
            "case when v_name is null then 'TYPE' "
            f"when v_at is null then {time_problem('event_time', 'v_at')} "
            f"when {clock.too_far_ahead('v_at', received)} or v_at > timestamp '2200-01-01' "
            "then case when v_at > timestamp '2200-01-01' then 'TIME_UNIT' else 'FUTURE_EVENT' end "
            f"when {clock.too_late('v_time', received)} then 'TOO_LATE' end"
        ),
        message=(
            "case when v_name is null then 'event_type is missing' "
            "when v_at is null then 'event_time is missing or not a time such as 2024-03-05 00:00:00.620000' "
            "when v_at > timestamp '2200-01-01' then 'event_time is in the year ' || year(v_at) "
            f"when {clock.too_late('v_time', received)} then {clock.late_message('event_time', 'server_upload_time')} "
            "else 'event_time does not fit server_upload_time' end"
        ),
        second_key="nullif(device_id, '') || '|' || nullif(\"$insert_id\", '')",
        second_at=f"coalesce({received}, v_at)",
    )


def _merges() -> TypedSql:
    at = "coalesce(try_cast(merge_server_time as bigint), try_cast(merge_time as bigint))"
    millis = f"case when {at} > 100000000000 then {at} else {at} * 1000 end"
    names = ("amplitude_id", "merged_amplitude_id", "merge_server_time", "merge_time", "scope")
    return TypedSql(
        columns=dict.fromkeys(names, "VARCHAR"),
        let={"v_at": f"make_timestamp(({millis}) * 1000)"},
        select={
            "amplitude_id": "amplitude_id",
            "merged_amplitude_id": "merged_amplitude_id",
            "merge_at": "v_at",
        },
        key="amplitude_id || '>' || merged_amplitude_id || '@' || coalesce(cast(v_at as varchar), '')",
        content=content_of(names),
        code="case when amplitude_id is null or merged_amplitude_id is null then 'TYPE' end",
        message="'amplitude_id and merged_amplitude_id are both needed'",
    )


READER = Reader(
    source="amplitude",
    formats=("ndjson", "json"),
    looks_like=looks_like,
    sql=sql,
    ignores=ignores,
    table_of=table_of,
)
