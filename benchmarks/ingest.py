"""Measures ingest of Amplitude, Mixpanel and PostHog exports against DuckDB reading on trust, and against dlt.

    python benchmarks/ingest.py --events 200000 --files 8 --runs 3
    python benchmarks/ingest.py --events 200000 1000000    (the larger export in more files of the same size)
    python benchmarks/ingest.py --dlt path/to/a/python/with/dlt

Every side runs in a process of its own, in turn, on the same gzip files; the table shows the least of all runs, which is
what a machine that others use as well can tell, and the ratio of the trusting reader's figure to ours (1 is as quick,
0.5 takes twice as long). Ours checks every line, keeps the bad ones,
gives identities, copies and archives the files, makes all of it durable and counts duplicates; the trusting reader
writes the same columns to Parquet and checks nothing. dlt is no part of the product: `--dlt` names the interpreter of
a throw-away environment that has `dlt[duckdb,parquet]`; it and ours read one and the same file, once each.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SOURCES = ("amplitude", "mixpanel", "posthog")
DLT_EVENTS = 200_000  # in one file: neither side's start counts much then
START = datetime(2024, 3, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Act:
    """What a person did: the how-manyth of its file, when, and when the visit began."""

    number: int
    user: int
    at: datetime
    visit_at: datetime


Maker = Callable[[random.Random, Act], dict[str, Any]]


def amplitude(chance: random.Random, act: Act) -> dict[str, Any]:
    """An event with all the columns of the Export API, most of them empty."""
    user, text = act.user, act.at.strftime("%Y-%m-%d %H:%M:%S.%f")
    return {
        "$insert_id": f"{chance.getrandbits(96):024x}", "$insert_key": None, "$schema": 13, "adid": None,
        "amplitude_attribution_ids": None, "amplitude_event_type": None, "amplitude_id": 384_000_000_000 + user,
        "app": 100123, "city": "Berlin", "client_event_time": text, "client_upload_time": text, "country": "Germany",
        "data": {"path": "/2/httpapi", "group_ids": {}, "group_first_event": {}}, "data_type": "event",
        "device_brand": None, "device_carrier": None, "device_family": "Mac", "device_id": f"device-{user:08d}R",
        "device_manufacturer": None, "device_model": None, "device_type": "Mac", "dma": None, "event_id": act.number % 10_000,
        "event_properties": _properties(chance), "event_time": text, "event_type": _name(chance),
        "global_user_properties": None, "group_properties": {}, "groups": {"org": [f"o-{user % 900}"]}, "idfa": None,
        "ip_address": "203.0.113.9", "is_attribution_event": None, "language": "German", "library": "amplitude-ts/2.3.2",
        "location_lat": None, "location_lng": None, "os_name": "Chrome", "os_version": "122", "partner_id": None,
        "paying": None, "plan": {}, "platform": "Web", "processed_time": text, "region": "Berlin", "sample_rate": None,
        "server_received_time": text, "server_upload_time": text, "session_id": int(act.visit_at.timestamp()) * 1000,
        "source_id": None, "start_version": None, "user_creation_time": None,
        "user_id": f"u-{user}" if chance.random() < 0.8 else None,
        "user_properties": {"plan": chance.choice(("free", "pro")), "seats": chance.randrange(90)},
        "uuid": str(uuid.UUID(int=chance.getrandbits(128))), "version_name": "4.2.0",
    }  # fmt: skip


def mixpanel(chance: random.Random, act: Act) -> dict[str, Any]:
    """A line of the raw event export: everything in one bag."""
    user, millis = act.user, int(act.at.timestamp() * 1000)
    return {
        "event": _name(chance),
        "properties": {
            "time": millis // 1000, "distinct_id": f"u-{user}", "$browser": "Chrome", "$browser_version": 122,
            "$city": "Berlin", "$current_url": f"https://app.example.com/reports/{chance.randrange(400)}?tab=overview",
            "$device": "Mac", "$device_id": f"{chance.getrandbits(96):024x}", "$had_persisted_distinct_id": False,
            "$initial_referrer": "$direct", "$initial_referring_domain": "$direct", "$lib_version": "2.49.0",
            "$insert_id": f"{chance.getrandbits(96):024x}", "$mp_api_endpoint": "api-js.mixpanel.com",
            "$mp_api_timestamp_ms": millis + 900, "$os": "Mac OS X", "$region": "Land Berlin", "$screen_height": 1080,
            "$screen_width": 1920, "$user_id": f"u-{user}", "mp_country_code": "DE", "mp_lib": "web",
            "mp_processing_time_ms": millis + 1500, "mp_sent_by_lib_version": "2.49.0", **_properties(chance),
        },
    }  # fmt: skip


def posthog(chance: random.Random, act: Act) -> dict[str, Any]:
    """A line of a batch export: two bags and a person."""
    user, iso = act.user, act.at.isoformat()

    def some_uuid() -> str:
        return str(uuid.UUID(int=chance.getrandbits(128)))

    return {
        "uuid": some_uuid(), "event": _name(chance), "distinct_id": f"u-{user}", "team_id": 1234, "elements_chain": "",
        "properties": {
            "$browser": "Chrome", "$browser_version": 122, "$device_id": some_uuid(), "$device_type": "Desktop",
            "$current_url": f"https://app.example.com/reports/{chance.randrange(400)}", "$geoip_city_name": "Berlin",
            "$geoip_country_code": "DE", "$host": "app.example.com", "$insert_id": f"{chance.getrandbits(64):016x}",
            "$lib": "web", "$lib_version": "1.105.0", "$os": "Mac OS X", "$pathname": "/reports", "$referrer": "$direct",
            "$session_id": some_uuid(), "$set": {"email_domain": "example.com"},
            "$groups": {"organization": f"o-{user % 900}"}, "$time": act.at.timestamp(), **_properties(chance),
        },
        "created_at": iso, "person_id": str(uuid.UUID(int=user)), "timestamp": iso, "_inserted_at": iso,
        "person_properties": {"email": f"user{user}@example.com", "plan": "pro", "name": "Ann Example"},
    }  # fmt: skip


def _name(chance: random.Random) -> str:
    return chance.choice(("report_viewed", "report_exported", "filter_applied", "search_run"))


def _properties(chance: random.Random) -> dict[str, Any]:
    """What the customer sends: not every event has every property."""
    found: dict[str, Any] = {
        "rows": chance.randrange(5000), "format": chance.choice(("csv", "xlsx", "pdf")), "tags": ["q1", "board"],
        "[Page] path": f"/reports/{chance.randrange(400)}", "duration ms": chance.random() * 900,
    }  # fmt: skip
    for number in range(6):
        if chance.random() < 0.3:
            found[f"filter {number}"] = {"field": "country", "values": ["DE", "AT"]}
    return found


MAKERS: dict[str, Maker] = {"amplitude": amplitude, "mixpanel": mixpanel, "posthog": posthog}


def make_export(folder: Path, source: str, events: int, files: int, bad_share: float) -> int:
    """Writes the files of one export; returns the bytes of JSON inside."""
    chance = random.Random(source)
    folder.mkdir(parents=True)
    size = 0
    for file in range(files):
        # written as they are made: what this process holds at its peak is also counted for those it starts
        with (
            open(folder / f"{file:04d}.json.gz", "wb") as handle,
            gzip.GzipFile("", "wb", 6, handle, mtime=0) as packed,
        ):
            hour = START + timedelta(hours=file)
            for act in _visits(chance, hour, events // files):
                line = json.dumps(MAKERS[source](chance, act), separators=(",", ":"))
                kept = line[:300] if chance.random() < bad_share else line
                size += packed.write(f"{kept}\n".encode())
    return size


def _visits(chance: random.Random, hour: datetime, events: int) -> Iterator[Act]:
    """Visits that begin in the hour: one to nine events each, at most two minutes apart."""
    number = 0
    while number < events:
        user, began = chance.randrange(200_000), hour + timedelta(seconds=chance.random() * 3600)
        at = began
        for _ in range(min(chance.randint(1, 9), events - number)):
            yield Act(number, user, at, began)
            at += timedelta(seconds=chance.random() * 120)
            number += 1


def run_ours(source: str, files: list[Path], folder: Path) -> None:
    """Ingests the files with everything on."""
    from ingestion.landing import DataPaths
    from ingestion.load import FileRequest, ingest

    reports = ingest(DataPaths(folder), [FileRequest(file, source, "bench") for file in files])
    loaded, bad = sum(r.loaded for r in reports), sum(r.quarantined for r in reports)
    print(f"{loaded} loaded, {bad} quarantined", file=sys.stderr)


def run_trusting(source: str, files: list[Path], folder: Path) -> None:
    """DuckDB on trust on two threads: the same columns, as texts and JSON, nothing checked."""
    import duckdb

    columns = {
        "amplitude": "uuid,$insert_id,event_type,user_id,device_id,amplitude_id,session_id,event_time,client_event_time,client_upload_time,server_received_time,server_upload_time,platform,country,version_name,library",
        "mixpanel": "event",
        "posthog": "uuid,event,distinct_id,person_id,timestamp,created_at,_inserted_at",
    }[source].split(",")
    bags = {
        "amplitude": "event_properties,user_properties,groups,data",
        "mixpanel": "properties",
        "posthog": "properties,person_properties",
    }[source].split(",")
    inside = "$insert_id,$user_id,$device_id,$distinct_id_before_identity,distinct_id,time,mp_processing_time_ms,$mp_api_timestamp_ms,mp_lib,mp_country_code,$os"
    pulled = inside.split(",") if source == "mixpanel" else []
    picks = "".join(f', v[{place + 1}] as "{name}"' for place, name in enumerate(pulled))
    lists = ", ".join(f"'/{name}'" for name in pulled)
    bag = f"select *, json_extract_string(properties, [{lists}]) as v" if pulled else "select *"
    types = {**dict.fromkeys(columns, "VARCHAR"), **dict.fromkeys(bags, "JSON")}
    spec = ", ".join(f"'{name}': '{type_}'" for name, type_ in types.items())
    listed = ", ".join(f"'{file}'" for file in files)
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": "2"}) as con:
        con.execute("set enable_progress_bar = false")
        con.execute(
            f"copy (select *{' exclude (v)' if pulled else ''}{picks} from ({bag} from read_json([{listed}], "
            f"format = 'newline_delimited', ignore_errors = true, columns = {{{spec}}})))"
            f" to '{folder}/trusting.parquet' (format parquet, compression zstd)"
        )


def run_dlt(source: str, files: list[Path], folder: Path) -> None:
    """dlt's usual way: a resource that yields records, loaded into DuckDB as Parquet."""
    import dlt  # type: ignore[import-not-found]

    folder.mkdir(parents=True, exist_ok=True)

    @dlt.resource(name="events", write_disposition="append")  # type: ignore[untyped-decorator]
    def events() -> Any:
        for file in files:
            with gzip.open(file, "rt") as lines:
                batch = []
                for line in lines:
                    try:
                        batch.append(json.loads(line))
                    except ValueError:
                        continue
                    if len(batch) == 1000:
                        yield batch
                        batch = []
                yield batch

    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")),
        pipelines_dir=str(folder / "pipelines"),
    )
    pipeline.run(events(), loader_file_format="parquet")


RUNS = {"ours": run_ours, "trusting": run_trusting, "dlt": run_dlt}


@dataclass(frozen=True)
class Figure:
    """One run: seconds, processor seconds of the process and its peak of memory."""

    seconds: float
    cpu: float
    peak: float
    told: str = ""


def measured(python: str, what: str, source: str, folder: Path, output: Path) -> Figure:
    """Runs one side in a process of its own."""
    shutil.rmtree(output, ignore_errors=True)
    command = [python, __file__, "--run", what, "--source", source, "--input", str(folder), "--output", str(output)]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{what} failed on {source}:\n{done.stderr}")
    peak, cpu = done.stdout.split()[-2:]
    shutil.rmtree(output, ignore_errors=True)
    return Figure(seconds, float(cpu), float(peak), done.stderr.strip().splitlines()[-1:][0] if done.stderr.strip() else "")  # fmt: skip


def least(figures: list[Figure]) -> Figure:
    """The least of each figure, but the highest peak."""
    return Figure(
        min(f.seconds for f in figures),
        min(f.cpu for f in figures),
        max(f.peak for f in figures),
        figures[-1].told,
    )


def main() -> None:
    """Makes the exports, runs all sides in turn, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--events", type=int, nargs="+", default=[200_000])
    parser.add_argument("--files", type=int, default=8, help="of the first number of events")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--bad", type=float, default=0.0001)
    parser.add_argument("--dlt", help="the Python of an environment with dlt[duckdb,parquet]")
    parser.add_argument("--run", choices=tuple(RUNS), help=argparse.SUPPRESS)
    parser.add_argument("--source", choices=SOURCES)
    parser.add_argument("--input", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        RUNS[options.run](options.source, sorted(options.input.glob("*.gz")), options.output)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"{used.ru_maxrss / 1024:.0f} {used.ru_utime + used.ru_stime:.2f}")
        return
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        print(f"gzip files of {options.events[0] // options.files:,} events, the least of {options.runs} runs in turn\n")  # fmt: skip
        print(f"{'events':<11}{'source':<11}{'what':<12}{'seconds':>9}{'cpu s':>8}{'events/s':>11}{'peak MB':>9}{'by wall':>9}{'by cpu':>8}")  # fmt: skip
        for events in options.events:
            for source in [options.source] if options.source else SOURCES:
                _compare(options, source, folder, events)
        if options.dlt:
            for source in [options.source] if options.source else SOURCES:
                _compare_with_dlt(options, source, folder)
        if not options.dlt:
            print("\ndlt is not measured: give --dlt the Python of an environment that has dlt[duckdb,parquet]")  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compare(options: argparse.Namespace, source: str, folder: Path, events: int) -> None:
    exports = folder / f"{source}-{events}"
    files = max(events * options.files // options.events[0], 1)
    make_export(exports, source, events, files, options.bad)
    runs: dict[str, list[Figure]] = {"trusting": [], "ours": []}
    for _ in range(options.runs):
        for what, figures in runs.items():
            figures.append(measured(sys.executable, what, source, exports, folder / what))
    shutil.rmtree(exports)
    trusting, ours = least(runs["trusting"]), least(runs["ours"])
    _line(source, "trusting", trusting, events)
    ratios = f"{trusting.seconds / ours.seconds:>9.2f}{trusting.cpu / ours.cpu:>8.2f}"
    _line(source, "ours", ours, events, f"{ratios}   {ours.told}")


def _compare_with_dlt(options: argparse.Namespace, source: str, folder: Path) -> None:
    one = folder / f"{source}-one"
    make_export(one, source, DLT_EVENTS, 1, 0)
    ours = least(
        [
            measured(sys.executable, "ours", source, one, folder / "ours")
            for _ in range(options.runs)
        ]
    )
    theirs = measured(options.dlt, "dlt", source, one, folder / "dlt")
    _line(source, "dlt", theirs, DLT_EVENTS)
    _line(source, "same file", ours, DLT_EVENTS, f"   {theirs.seconds / ours.seconds:.0f} times as quick as dlt, {theirs.cpu / ours.cpu:.0f} by cpu")  # fmt: skip


def _line(source: str, what: str, figure: Figure, events: int, more: str = "") -> None:
    rate = events / figure.seconds
    print(f"{events:<11,}{source:<11}{what:<12}{figure.seconds:>9.1f}{figure.cpu:>8.1f}{rate:>11,.0f}{figure.peak:>9.0f}{more}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
