"""Reader of Mixpanel raw event exports.

Knows: `event` with everything else in `properties`, seconds or milliseconds, project-local times of old projects.
Must not know: where files come from or how rows are stored.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ingestion.clock_rules import ClockRules
from ingestion.spec import Context, Reader, Reject, Sample, TypedSql
from ingestion.typing_sql import (  # fmt: skip
    blank_to_null,
    flags,
    joined,
    no_later_than,
    usable_id,
)

_PATHS = ("time", "distinct_id", "$user_id", "$device_id", "$distinct_id_before_identity", "$insert_id", "mp_processing_time_ms", "$mp_api_timestamp_ms", "mp_lib", "mp_country_code", "$os")  # fmt: skip
_MILLIS_FROM = 100_000_000_000  # a larger number cannot be seconds
_MILLIS_TO = 7_258_118_400_000  # the year 2200


def looks_like(sample: Sample) -> bool:
    """A raw export line is an event name beside a bag that holds the time."""
    return any(
        "event" in r
        and isinstance(r.get("properties"), dict)
        and "time" in r["properties"]
        and "uuid" not in r
        for r in sample.records
    )


def check_end(tail: bytes) -> None:
    """An export that was cut says so in its last line."""
    last = tail.rstrip().rsplit(b"\n", 1)[-1].strip()
    if last == b"terminated early":
        raise Reject("INCOMPLETE_FILE", "the export says `terminated early`: export it again")


def sql(table: str, context: Context) -> TypedSql:
    """How a slice becomes rows of `events`."""
    pulled = {f"v_{index}": f"v_list[{index + 1}]" for index in range(len(_PATHS))}
    name = {path: f"v_{index}" for index, path in enumerate(_PATHS)}
    paths = ", ".join(f"""'$."{path}"'""" for path in _PATHS)
    instant = "make_timestamp(v_micros)"
    if context.settings.get("legacy_local_time"):
        zone = str(ZoneInfo(str(context.settings.get("timezone") or context.company_timezone)))
        instant = f"(make_timestamp(v_micros) at time zone '{zone}') at time zone 'UTC'"
    time = name["time"]
    clock = ClockRules.of(context.settings)
    known_insert = usable_id(name["$insert_id"])
    properties = "map_entries(try_cast(properties as map(varchar, json)))"
    return TypedSql(
        columns={"event": "VARCHAR", "properties": "JSON"},
        let={
            "v_list": f"json_extract_string(properties, [{paths}])",
            **pulled,
            "v_name": blank_to_null("event"),
            "v_number": f"try_cast({time} as decimal(24, 6))",
            "v_micros": (
                f"case when v_number < 0 or v_number > {_MILLIS_TO} then null "
                f"when v_number > {_MILLIS_FROM} then cast(v_number * 1000 as bigint) "
                "else cast(v_number * 1000000 as bigint) end"
            ),
            "v_processed": f"try_cast({name['mp_processing_time_ms']} as bigint)",
            "v_sent": f"try_cast({name['$mp_api_timestamp_ms']} as bigint)",
            "v_ms": "coalesce(v_processed, v_sent)",
            "v_received": f"case when v_ms between 0 and {_MILLIS_TO} then make_timestamp(v_ms * 1000) end",
            "v_at": instant,
            "v_skewed": clock.clock_is_off("v_at", "v_received"),
            "v_time": "case when v_skewed then v_received else v_at end",
            "v_insert": known_insert,
            "v_distinct": f"nullif({name['distinct_id']}, '')",
        },
        select={
            "event": "event",
            "distinct_id": "v_distinct",
            "user_id": f"nullif({name['$user_id']}, '')",
            "device_id": f"nullif({name['$device_id']}, '')",
            "distinct_id_before_identity": f"nullif({name['$distinct_id_before_identity']}, '')",
            "insert_id": "v_insert",
            "time_at": no_later_than("v_time", "v_received"),
            "received_at": "v_received",
            "properties": "properties",
            "lib": name["mp_lib"],
            "country": name["mp_country_code"],
            "os": name["$os"],
        },
        key=(
            "case when v_insert is not null then "
            f"{joined(('event', 'coalesce(v_distinct, chr(30))', 'v_micros', 'v_insert'))} end"
        ),
        content=(
            "case when v_insert is null then concat_ws(chr(31), event, "
            f"cast(list_sort({properties}) as varchar)) end"
        ),
        flags=flags(("NO_ID", "v_insert is null"), ("CLOCK_SKEW", "v_skewed")),
        code=(
            "case when v_name is null then 'TYPE' "
            "when v_micros is null and v_number is not null then 'TIME_UNIT' "
            "when v_at is null then 'TIME_FORMAT' "
            f"when {clock.too_far_ahead('v_at', 'v_received')} then 'FUTURE_EVENT' "
            f"when {clock.too_late('v_time', 'v_received')} then 'TOO_LATE' end"
        ),
        message=(
            "case when v_name is null then 'event is missing' "
            "when v_at is null then 'properties.time is missing or not epoch seconds or milliseconds' "
            f"when {clock.too_late('v_time', 'v_received')} then {clock.late_message('properties.time', 'mp_processing_time_ms')} "
            "else 'properties.time does not fit mp_processing_time_ms' end"
        ),
        second_key=joined(("event", "v_micros", "v_insert", f"nullif({name['$device_id']}, '')")),
        second_at="v_at",
    )


READER = Reader(
    source="mixpanel",
    formats=("ndjson", "json"),
    looks_like=looks_like,
    sql=sql,
    check_end=check_end,
)
