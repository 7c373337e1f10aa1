"""Writes the customers' events as Amplitude (web) and Mixpanel (mobile) would export them.

Knows: the vendors' containers, names, field lists and quirks. Must not know: how customers behave, or the answer key
beyond the counts of what it wrote.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from ingestion.demo.behaviour import MOBILE, WEB, People
from ingestion.demo.scene import (
    CHANNELS,
    COUNTRIES,
    DAY,
    END,
    HOUR,
    MIXPANEL_OVERLAP_FROM,
    PLANS,
    REDELIVERED_WEEK,
    SECOND,
    STAFF,
    START,
    micros,
)

APP = 100123
RETRIES = 25
BROKEN_WEB = ('{"event_type":"report_viewed","user_id":', "<html>502 Bad Gateway</html>", "[1,2]")
BROKEN_MOBILE = (
    '{"event":"Report Viewed","properties":{"time":17',
    '{"event": Report Viewed}',
    "terminated",
    "[]",
    '"Report Viewed"',
    "42",
    '{"event":"App Opened","properties":{"time":1730000000,}}',
)
ZIP_TIME = (2026, 1, 5, 12, 0, 0)
TRUNCATED_ROWS = 400


@dataclass(frozen=True)
class Delivered:
    """What was written for one project, as the data health page must count it."""

    records_seen: int
    loaded: int
    duplicate: int
    quarantined: int


def write_web(folder: Path, frame: pl.DataFrame, people: People, seed: int) -> Delivered:
    """Monthly Export API zips whose last hour is inclusive, and one week that was exported twice."""
    folder.mkdir(parents=True, exist_ok=True)
    web = frame.filter(pl.col("platform") == WEB)
    rows = _web_rows(web, people, seed)
    loaded = rows.height
    rows = pl.concat([rows, _retried(rows)]).sort("upload_at", "event_id", maintain_order=True)
    uploaded = rows["upload_at"].to_numpy()
    seen = quarantined = 0
    windows = [(*month, "") for month in _months()] + [(*REDELIVERED_WEEK, "_again")]
    for first, end, mark in windows:
        # Both hours of a request are inclusive, so a month's zip holds the first hour of the next one as well.
        until = micros(end) + (HOUR if not mark else 0)
        low, high = np.searchsorted(uploaded, [micros(first), until])
        part = rows[int(low) : int(high)]
        if not part.height:
            continue
        last = (end - timedelta(days=1)).date()
        path = folder / f"{APP}_{first.date()}_{last}{mark}.zip"
        broken = list(BROKEN_WEB) if first == datetime(2025, 9, 1, tzinfo=UTC) else []
        seen += part.height + _write_zip(path, part, broken)
        quarantined += len(broken)
    return Delivered(seen, loaded, seen - loaded - quarantined, quarantined)


def write_mobile(folder: Path, frame: pl.DataFrame, people: People, seed: int) -> Delivered:
    """Raw exports by event date: lines that occur twice, days that two files share, and one cut-off re-run."""
    folder.mkdir(parents=True, exist_ok=True)
    mobile = frame.filter(pl.col("platform") == MOBILE).sort(
        "at", "person", "name", maintain_order=True
    )
    lines = _mobile_lines(mobile, people)
    at = mobile["at"].to_numpy()
    rng = np.random.default_rng(seed + 3)
    seen = quarantined = 0
    for first, end in _months():
        start = MIXPANEL_OVERLAP_FROM if first.year == END.year else first
        low, high = np.searchsorted(at, [micros(start), micros(end)])
        part = lines[int(low) : int(high)]
        if not part.len():
            continue
        twice = np.sort(rng.choice(part.len(), part.len() // 400 + 1, replace=False))
        written = [*part.to_list(), *part.gather(twice).to_list()]
        if first == datetime(2025, 11, 1, tzinfo=UTC):
            for n, line in enumerate(BROKEN_MOBILE):
                written.insert(len(written) * (n + 1) // (len(BROKEN_MOBILE) + 1), line)
            quarantined += len(BROKEN_MOBILE)
        last = (end - timedelta(days=1)).date()
        path = folder / f"{start:%Y%m%d}_{last:%Y%m%d}.ndjson"
        path.write_text("\n".join(written) + "\n", encoding="utf-8")
        seen += len(written)
    _write_truncated(folder / "20251001_20251007_rerun.ndjson.gz", mobile, people)
    return Delivered(seen, mobile.height, seen - mobile.height - quarantined, quarantined)


def _months() -> Iterator[tuple[datetime, datetime]]:
    first = START
    while first < END:
        following = (first + timedelta(days=32)).replace(day=1)
        end = min(following, END.replace(hour=0) + timedelta(days=1))
        yield first, end
        first = following


def _retried(rows: pl.DataFrame) -> pl.DataFrame:
    """Events that a client sent again an hour later: another uuid, the same insert id on the same device."""
    days = pl.col("upload_at") // DAY * DAY
    quiet = rows.filter(
        (pl.col("upload_at") - days).is_between(6 * HOUR, 20 * HOUR)
        & (
            (pl.col("upload_at") < micros(REDELIVERED_WEEK[0]) - DAY)
            | (pl.col("upload_at") > micros(REDELIVERED_WEEK[1]))
        )
        & (pl.col("upload_at") < micros(END) - 2 * DAY)
        & ~pl.col("is_late")
    )
    picked = quiet.gather_every(max(1, quiet.height // RETRIES)).head(RETRIES)
    return picked.with_columns(
        upload_at=pl.col("upload_at") + HOUR,
        received_at=pl.col("received_at") + HOUR,
        uuid=fill(
            "{}-0000-4000-8000-{}", pl.col("uuid").str.slice(0, 8), pl.col("uuid").str.slice(24)
        ),
    )


def _web_rows(web: pl.DataFrame, people: People, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed + 1)
    person = pl.col("person")
    user = pl.when(person >= people.staff_from).then(
        pl.lit(pl.Series(STAFF)).gather((person - people.staff_from).clip(0, len(STAFF) - 1))
    )
    network = pl.Series(rng.integers(300, 1900, web.height) * 1000)
    rows = web.with_columns(event_id=pl.int_range(pl.len()), network=network)
    rows = rows.with_columns(_traits(web, people))
    return rows.with_columns(
        uuid=_uuids(rng, web.height),
        device_id=fill("c0ffee00-0000-4000-8000-{}R", person.cast(pl.String).str.zfill(12)),
        user_id=pl.when(pl.col("is_known")).then(
            user.otherwise(fill("u-{}", person.cast(pl.String).str.zfill(6)))
        ),
        amplitude_id=pl.lit(384_000_000_000) + person * 2 + pl.col("is_known").cast(pl.Int64),
        session_id=pl.col("at") // (DAY) * (DAY // 1000) + person % 1000,
        received_at=pl.col("upload_at") - 400_000,
        # event_time = client_event_time + (server_received_time - client_upload_time): the clock error cancels out.
        client_event_at=pl.col("client_at") - pl.col("network"),
        client_upload_at=pl.col("upload_at")
        - 400_000
        + pl.col("client_at")
        - pl.col("at")
        - pl.col("network"),
        properties=_properties(),
    )


def _traits(frame: pl.DataFrame, people: People) -> list[pl.Series]:
    """Plan, channel, country of each row's person; visitors have the plan `free`."""
    index = frame["person"].to_numpy() % people.users
    return [
        pl.Series("plan", np.array(PLANS)[people.plan[index]]),
        pl.Series("channel", np.array(CHANNELS)[people.channel[index]]),
        pl.Series("country", np.array([name for name, _ in COUNTRIES])[people.country[index]]),
        pl.Series("country_code", np.array([code for _, code in COUNTRIES])[people.country[index]]),
    ]


def _properties() -> pl.Expr:
    """The event's own properties as JSON, spread by the row's variant number."""
    variant = pl.col("variant")

    def one_of(*values: str) -> pl.Expr:
        return pl.lit(pl.Series(values)).gather(variant % len(values))

    name = pl.col("name")
    kind = one_of("board", "chart", "doc")
    published = pl.when(pl.col("is_slide")).then(pl.lit("slide")).otherwise(kind)
    connector = one_of("postgres", "bigquery", "sheets", "snowflake")
    count = variant % 9 + 1
    return (
        pl.when(name == "report_published")
        .then(fill('{"report_type":"{}","recipients":{}}', published, count))
        .when(name.is_in(["report_viewed", "report_created"]))
        .then(fill('{"report_type":"{}"}', kind))
        .when(name == "report_exported")
        .then(fill('{"format":"{}","rows":{}}', one_of("csv", "pdf", "xlsx"), variant % 5000))
        .when(name == "query_run")
        .then(fill('{"duration_ms":{},"connector":"{}"}', variant % 4000, connector))
        .when(name == "data_source_connected")
        .then(fill('{"connector":"{}"}', connector))
        .when(name == "report_shared")
        .then(fill('{"recipients":{}}', count))
        .when(name == "page_viewed")
        .then(fill('{"path":"{}"}', one_of("/home", "/reports", "/pricing", "/settings")))
        .when(name == "signup_completed")
        .then(fill('{"plan":"{}","channel":"{}"}', pl.col("plan"), pl.col("channel")))
        .when(name.is_in(["project_created", "plan_upgraded"]))
        .then(fill('{"plan":"{}"}', pl.col("plan")))
        .when(name == "onboarding_step_completed")
        .then(fill('{"step":{}}', variant % 5 + 1))
        .when(name == "template_used")
        .then(fill('{"template":"{}"}', one_of("weekly", "board", "launch")))
        .when(name == "ai_summary_created")
        .then(fill('{"rating":"{}"}', one_of("good", "good", "bad")))
        .otherwise(pl.lit("{}"))
    )


def _uuids(rng: np.random.Generator, n: int) -> pl.Series:
    """Random UUID texts, built as bytes so that a million of them take no time."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    text = digits[rng.integers(0, 16, (n, 36), dtype=np.uint8)]
    text[:, [8, 13, 18, 23]] = ord("-")
    text[:, 14] = ord("4")
    return pl.Series(np.frombuffer(text.tobytes(), dtype="S36").astype("U36"))


def fill(template: str, *values: pl.Expr) -> pl.Expr:
    """The template with each `{}` replaced by a value; other braces stay as they are."""
    pieces = template.split("{}")
    parts = [pl.lit(pieces[0])]
    for value, piece in zip(values, pieces[1:], strict=True):
        parts += [value.cast(pl.String), pl.lit(piece)]
    return pl.concat_str(parts)


def _time(column: str) -> pl.Expr:
    return pl.from_epoch(column, time_unit="us").dt.strftime("%Y-%m-%d %H:%M:%S%.6f")


def _quoted(value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_null()).then(pl.lit("null")).otherwise(fill('"{}"', value))


# The vendor's whole field list in its order; `{}` is filled by the expression of the same position below.
_WEB_TEMPLATE = (
    '{"$insert_id":"{}","$insert_key":null,"$schema":13,"adid":null,"amplitude_attribution_ids":null,'
    '"amplitude_event_type":null,"amplitude_id":{},"app":100123,"city":null,"client_event_time":"{}",'
    '"client_upload_time":"{}","country":"{}","data":{"path":"/2/httpapi","group_ids":{},"group_first_event":{}},'
    '"data_type":"event","device_brand":null,"device_carrier":null,"device_family":"Mac","device_id":"{}",'
    '"device_manufacturer":null,"device_model":null,"device_type":"Apple Macintosh","dma":null,"event_id":{},'
    '"event_properties":{},"event_time":"{}","event_type":"{}","global_user_properties":null,"group_properties":{},'
    '"groups":{"account":["a-{}"]},"idfa":null,"ip_address":"203.0.113.7","is_attribution_event":null,"language":"English",'
    '"library":"amplitude-ts/2.3.2","location_lat":null,"location_lng":null,"os_name":"Chrome","os_version":"120",'
    '"partner_id":null,"paying":null,"plan":null,"platform":"Web","processed_time":"{}","region":null,'
    '"sample_rate":null,"server_received_time":"{}","server_upload_time":"{}","session_id":{},"source_id":null,'
    '"start_version":null,"user_creation_time":null,"user_id":{},"user_properties":{"plan":"{}","channel":"{}"},'
    '"uuid":"{}","version_name":null}'
)


def _web_lines(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as JSON text, with the upload hour that names their member."""
    empty = pl.lit("{}")
    line = fill(
        _WEB_TEMPLATE,
        fill("{}-{}", pl.col("person"), pl.col("event_id")),
        pl.col("amplitude_id"),
        _time("client_event_at"),
        _time("client_upload_at"),
        pl.col("country"),
        empty,
        empty,
        pl.col("device_id"),
        pl.col("event_id"),
        pl.col("properties"),
        _time("at"),
        pl.col("wire_name"),
        empty,
        pl.col("person") // 4,
        _time("upload_at"),
        _time("received_at"),
        _time("upload_at"),
        pl.col("session_id"),
        _quoted(pl.col("user_id")),
        pl.col("plan"),
        pl.col("channel"),
        pl.col("uuid"),
    )
    return rows.select(line=line, hour=pl.col("upload_at") // HOUR)


def _write_zip(path: Path, rows: pl.DataFrame, broken: list[str]) -> int:
    """One gzip member an upload hour. Returns how many broken lines went in beside the rows."""
    hours = (
        _web_lines(rows).group_by("hour", maintain_order=True).agg(pl.col("line").str.join("\n"))
    )
    middle = hours.height // 2
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for n, (hour, text) in enumerate(hours.iter_rows()):
            at = datetime.fromtimestamp(hour * 3600, UTC)
            extra = "\n".join(["", *broken]) if n == middle and broken else ""
            body = gzip.compress((text + extra + "\n").encode(), compresslevel=1, mtime=0)
            name = f"{APP}/{APP}_{at:%Y-%m-%d}_{at.hour}#0.json.gz"
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), body)
    return len(broken)


def _mobile_lines(mobile: pl.DataFrame, people: People, mark: str = "") -> pl.Series:
    person = pl.col("person")
    device = fill("m{}", person.cast(pl.String).str.zfill(9))
    user = fill("u-{}", person.cast(pl.String).str.zfill(6))
    known = pl.col("is_known")
    who = (
        pl.when(known)
        .then(fill('"distinct_id":"{}","$user_id":"{}",', user, user))
        .otherwise(fill('"distinct_id":"$device:{}",', device))
    )
    inner = pl.col("properties").str.strip_chars("{}")
    own = pl.when(inner == "").then(pl.lit("")).otherwise(fill(",{}", inner))
    line = fill(
        '{"event":"{}","properties":{"time":{},{}"$device_id":"{}","$insert_id":"{}","mp_processing_time_ms":{},'
        '"$mp_api_timestamp_ms":{},"$mp_api_endpoint":"api.mixpanel.com","mp_lib":"swift","$lib_version":"4.2.7",'
        '"$os":"iOS","$city":null,"mp_country_code":"{}"{}}}',
        pl.col("wire_name"),
        pl.col("at") // SECOND,
        who,
        device,
        fill("m{}-{}{}", person, pl.int_range(pl.len()), pl.lit(mark)),
        pl.col("upload_at") // 1000,
        pl.col("upload_at") // 1000 - 350,
        pl.col("country_code"),
        own,
    )
    rows = mobile.with_columns(_traits(mobile, people)).with_columns(properties=_properties())
    return rows.select(line=line)["line"]


def _write_truncated(path: Path, mobile: pl.DataFrame, people: People) -> None:
    """A re-run that never arrived whole: a reader that keeps what it could read would count events too many."""
    again = _mobile_lines(mobile.head(TRUNCATED_ROWS), people, mark="-rerun")
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6, mtime=0, filename="") as stream:
        stream.write(("\n".join(again.to_list()) + "\n").encode())
    whole = buffer.getvalue()
    path.write_bytes(whole[: len(whole) * 6 // 10])
