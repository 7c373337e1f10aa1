"""Events as SQL: lines of the raw export, and rows of the JSON pipeline.

Knows: where each shape keeps the same facts. Must not know: profiles, or how rows are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingestion.sources.mixpanel.local_time import WallClock
from ingestion.spec import Context, TypedSql
from ingestion.values.clock_rules import ClockRules
from ingestion.values.typing_sql import (  # fmt: skip
    blank_to_null,
    exact_number,
    flags,
    joined,
    no_later_than,
    unpacked,
    usable_id,
    utc,
    whole_number,
)

_PATHS = ("time", "distinct_id", "$user_id", "$device_id", "$distinct_id_before_identity", "$insert_id", "mp_processing_time_ms", "$mp_api_timestamp_ms", "mp_lib", "mp_country_code", "$os")  # fmt: skip
_MILLIS_FROM = 100_000_000_000  # a larger number cannot be seconds
_MILLIS_TO = 7_258_118_400_000  # the year 2200


@dataclass(frozen=True)
class Shape:
    """Where a shape of export keeps an event's name, its bag and what stands outside of the bag."""

    event: str
    properties: str = "properties"
    columns: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)  # path in the bag -> column beside it
    written_time: str | None = None  # column that may hold a time as text


RAW = Shape("event", columns={"event": "VARCHAR", "properties": "JSON"})
_BESIDE = {
    "time": '"time"',
    "distinct_id": "distinct_id",
    "$user_id": "user_id",
    "$device_id": "device_id",
    "$insert_id": "insert_id",
}
PIPELINE = Shape(
    "event_name",
    unpacked("properties"),
    {
        **dict.fromkeys(
            ("event_name", "time", "distinct_id", "user_id", "device_id", "insert_id"), "VARCHAR"
        ),
        "properties": "JSON",
    },
    _BESIDE,
    '"time"',
)


def events(context: Context, shape: Shape) -> TypedSql:
    """How a slice of one shape becomes rows of `events`."""
    pulled = {f"v_{index}": f"v_list[{index + 1}]" for index in range(len(_PATHS))}
    name = {path: f"v_{index}" for index, path in enumerate(_PATHS)}
    for path, column in shape.own.items():
        pulled[name[path]] = f"coalesce({column}, {pulled[name[path]]})"
    paths = ", ".join(f"'/{path}'" for path in _PATHS)
    wall, rules = WallClock.of(context), ClockRules.of(context.settings)
    time, written = name["time"], ""
    if shape.written_time:
        text = f"replace({shape.written_time}, ' UTC', 'Z')"
        written = f"when v_number is null then epoch_us({utc(text)}) "
    return TypedSql(
        columns=shape.columns,
        let={
            "v_properties": shape.properties,
            "v_list": f"json_extract_string(v_properties, [{paths}])",
            **pulled,
            "v_name": blank_to_null(shape.event),
            "v_whole": whole_number(time),  # nearly all are whole, and wide decimals are slow
            "v_number": f"case when v_whole is null then {exact_number(time)} end",
            "v_micros": (
                f"case when v_whole between 0 and {_MILLIS_FROM} then v_whole * 1000000 "
                f"when v_whole between 0 and {_MILLIS_TO} then v_whole * 1000 "
                f"when v_whole is not null then null {written}"
                f"when v_number < 0 or v_number > {_MILLIS_TO} then null "
                f"when v_number > {_MILLIS_FROM} then cast(v_number * 1000 as bigint) "
                "else cast(v_number * 1000000 as bigint) end"
            ),
            "v_processed": f"try_cast({name['mp_processing_time_ms']} as bigint)",
            "v_sent": f"try_cast({name['$mp_api_timestamp_ms']} as bigint)",
            "v_ms": "coalesce(v_processed, v_sent)",
            "v_received": _from_millis("v_ms"),
            "v_wall": "make_timestamp(v_micros)",
            "v_at": wall.instant("v_wall"),
            "v_skewed": rules.clock_is_off("v_at", "v_received"),
            "v_time": "case when v_skewed then v_received else v_at end",
            "v_insert": usable_id(name["$insert_id"]),
            "v_distinct": f"nullif({name['distinct_id']}, '')",
        },
        select={
            "event": shape.event,
            "distinct_id": "v_distinct",
            "user_id": f"nullif({name['$user_id']}, '')",
            "device_id": f"nullif({name['$device_id']}, '')",
            "distinct_id_before_identity": f"nullif({name['$distinct_id_before_identity']}, '')",
            "insert_id": "v_insert",
            "time_at": no_later_than("v_time", "v_received"),
            "received_at": "v_received",
            "sent_at": _from_millis("v_sent"),
            "properties": "v_properties",
            "lib": name["mp_lib"],
            "country": name["mp_country_code"],
            "os": name["$os"],
        },
        key=(
            "case when v_insert is not null then "
            f"{joined((shape.event, 'coalesce(v_distinct, chr(30))', 'v_micros', 'v_insert'))} end"
        ),
        content=_content(shape),
        flags=flags(
            ("NO_ID", "v_insert is null"),
            ("CLOCK_SKEW", "v_skewed"),
            *_local_flags(wall),
        ),
        code=(
            "case when v_name is null then 'TYPE' "
            "when v_micros is null and (v_whole is not null or v_number is not null) then 'TIME_UNIT' "
            "when v_at is null then 'TIME_FORMAT' "
            f"when {rules.too_far_ahead('v_at', 'v_received')} then 'FUTURE_EVENT' "
            f"when {rules.too_late('v_time', 'v_received')} then 'TOO_LATE' end"
        ),
        message=(
            "case when v_name is null then 'event is missing' "
            "when v_at is null then 'properties.time is missing or not epoch seconds or milliseconds' "
            f"when {rules.too_late('v_time', 'v_received')} then {rules.late_message('properties.time', 'mp_processing_time_ms')} "
            "else 'properties.time is after mp_processing_time_ms; projects made before 2023 store local time: "
            "set legacy_local_time and timezone' end"
        ),
        second_key=joined(
            (shape.event, "v_micros", "v_insert", f"nullif({name['$device_id']}, '')")
        ),
        second_at="v_at",
    )


def _from_millis(millis: str) -> str:
    return f"case when {millis} between 0 and {_MILLIS_TO} then make_timestamp({millis} * 1000) end"


def _local_flags(wall: WallClock) -> tuple[tuple[str, str], ...]:
    """Local times that the reader had to decide about."""
    if wall.zone is None:
        return ()
    return (
        ("LOCAL_GAP", wall.is_gap("v_at", "v_wall")),
        ("LOCAL_FOLD", wall.is_fold("v_at", "v_wall")),
    )


def _content(shape: Shape) -> str:
    """What identifies an event without an insert id: everything, in whatever order its keys came."""
    sorted_bag = (
        "cast(list_sort(map_entries(try_cast(v_properties as map(varchar, json)))) as varchar)"
    )
    parts = ", ".join((shape.event, *shape.own.values(), sorted_bag))
    return f"case when v_insert is null then concat_ws(chr(31), {parts}) end"
