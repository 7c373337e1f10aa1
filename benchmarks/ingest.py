"""Compares our ingest of an Amplitude export with DuckDB reading the same members on trust.

    python benchmarks/ingest.py [--events 500000] [--bad 0.0001] [--keep FOLDER]

Ours checks every line, keeps what is broken, and writes the raw zone. DuckDB's `read_json(columns=...)` to Parquet takes
everything as it comes and finds nothing out: it is the floor, not a competitor. The ratio is ours / trusting.
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
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

EVENTS_AN_HOUR = 100_000


def make_export(path: Path, events: int, bad_share: float, seed: int = 7) -> int:
    """Writes a zip of gzip members with about 1.3 KB an event; returns the bytes of JSON inside."""
    chance = random.Random(seed)
    size = 0
    start = datetime(2024, 3, 4)
    with zipfile.ZipFile(path, "w") as archive:
        for hour, first in enumerate(range(0, events, EVENTS_AN_HOUR)):
            lines = []
            for number in range(first, min(first + EVENTS_AN_HOUR, events)):
                lines.append(_line(chance, number, start + timedelta(hours=hour)))
                if chance.random() < bad_share:
                    lines[-1] = lines[-1][:300]
            data = ("\n".join(lines) + "\n").encode()
            size += len(data)
            at = start + timedelta(hours=hour)
            name = f"100123/100123_{at:%Y-%m-%d}_{at.hour}#0.json.gz"
            archive.writestr(name, gzip.compress(data, 6, mtime=0))
    return size


def _line(chance: random.Random, number: int, hour: datetime) -> str:
    user = chance.randrange(200_000)
    at = hour + timedelta(seconds=chance.random() * 3600)
    text = at.strftime("%Y-%m-%d %H:%M:%S.%f")
    return json.dumps(
        {
            "$insert_id": f"{chance.getrandbits(96):024x}", "$insert_key": None, "$schema": 13, "adid": None,
            "amplitude_attribution_ids": None, "amplitude_event_type": None, "amplitude_id": 384_000_000_000 + user,
            "app": 100123, "city": "Berlin", "client_event_time": text, "client_upload_time": text, "country": "Germany",
            "data": {"path": "/2/httpapi", "group_ids": {}, "group_first_event": {}}, "data_type": "event",
            "device_brand": None, "device_carrier": None, "device_family": "Mac", "device_id": f"device-{user:08d}R",
            "device_manufacturer": None, "device_model": None, "device_type": "Mac", "dma": None, "event_id": number % 10_000,
            "event_properties": {
                "rows": chance.randrange(5000), "format": chance.choice(("csv", "xlsx", "pdf")), "tags": ["q1", "board"],
                "[Page] path": f"/reports/{chance.randrange(400)}", "duration ms": chance.random() * 900,
            },
            "event_time": text, "event_type": chance.choice(("report_viewed", "report_exported", "filter_applied", "search_run")),
            "global_user_properties": None, "group_properties": {}, "groups": {"org": [f"o-{user % 900}"]}, "idfa": None,
            "ip_address": "203.0.113.9", "is_attribution_event": None, "language": "German", "library": "amplitude-ts/2.3.2",
            "location_lat": None, "location_lng": None, "os_name": "Chrome", "os_version": "122", "partner_id": None,
            "paying": None, "plan": {}, "platform": "Web", "processed_time": text, "region": "Berlin", "sample_rate": None,
            "server_received_time": text, "server_upload_time": text, "session_id": int(at.timestamp()) * 1000,
            "source_id": None, "start_version": None, "user_creation_time": None,
            "user_id": f"u-{user}" if chance.random() < 0.8 else None,
            "user_properties": {"plan": chance.choice(("free", "pro")), "seats": chance.randrange(90)},
            "uuid": str(uuid.UUID(int=chance.getrandbits(128))), "version_name": "4.2.0",
        },
        separators=(",", ":"),
    )  # fmt: skip


def run_ours(export: Path, folder: Path) -> None:
    """Ingests the export; prints what was loaded."""
    from ingestion.landing import DataPaths
    from ingestion.load import FileRequest, ingest

    report = ingest(DataPaths(folder), [FileRequest(export, "amplitude", "bench")])[0]
    print(f"{report.loaded} loaded, {report.quarantined} quarantined", file=sys.stderr)


def run_trusting(members: Path, folder: Path) -> None:
    """DuckDB on trust, with the same columns and the same number of threads."""
    import duckdb

    texts = "uuid,$insert_id,event_type,user_id,device_id,amplitude_id,session_id,event_time,client_event_time,client_upload_time,server_received_time,server_upload_time,platform,country,version_name,library"
    columns = {**dict.fromkeys(texts.split(","), "VARCHAR"), "event_properties": "JSON", "user_properties": "JSON", "groups": "JSON", "data": "JSON"}  # fmt: skip
    spec = ", ".join(f"'{name}': '{type_}'" for name, type_ in columns.items())
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": "2"}) as con:
        con.execute("set enable_progress_bar = false")
        con.execute(
            f"copy (select * from read_json('{members}/*.gz', format = 'newline_delimited', ignore_errors = true,"
            f" columns = {{{spec}}})) to '{folder}/trusting.parquet' (format parquet, compression zstd)"
        )


def main() -> None:
    """Makes the export, runs both in processes of their own, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--bad", type=float, default=0.0001)
    parser.add_argument("--run", choices=("ours", "trusting"))
    parser.add_argument("--input", type=Path)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if options.run:
        (run_ours if options.run == "ours" else run_trusting)(options.input, options.output)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"peak {peak:.0f} {used.ru_utime + used.ru_stime:.1f}")
        return
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        export = folder / "export.zip"
        size = make_export(export, options.events, options.bad)
        members = folder / "members"
        members.mkdir()
        with zipfile.ZipFile(export) as archive:
            for index, name in enumerate(archive.namelist()):
                (members / f"{index:05d}.json.gz").write_bytes(archive.read(name))
        print(
            f"{options.events:,} events, {size / 1e6:,.0f} MB of JSON, {export.stat().st_size / 1e6:,.0f} MB zip\n"
        )
        print(f"{'what':<34}{'seconds':>9}{'cpu s':>8}{'events/s':>12}{'peak MB':>9}")
        seconds: dict[str, float] = {}
        for what, source in (("trusting", members), ("ours", export)):
            began = time.perf_counter()
            command = [
                sys.executable,
                __file__,
                "--run",
                what,
                "--input",
                str(source),
                "--output",
                str(folder / what),
            ]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds[what] = time.perf_counter() - began
            peak, cpu = done.stdout.split()[-2:]
            label = "DuckDB read_json on trust" if what == "trusting" else "productops ingest"
            rate = options.events / seconds[what]
            print(f"{label:<34}{seconds[what]:>9.1f}{cpu:>8}{rate:>12,.0f}{peak:>9}")
            if done.stderr:
                print(f"  {done.stderr.strip().splitlines()[-1]}")
        print(f"\nratio {seconds['ours'] / seconds['trusting']:.2f}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
