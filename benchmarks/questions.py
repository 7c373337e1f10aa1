"""Measures what answering costs on a large history, and what a new day of events costs.

    python benchmarks/questions.py --events 1000000
    nice python benchmarks/questions.py --events 100000000 --keep FOLDER

Writes a year of a product's events into the raw zone (an actor to 100 events), builds and publishes it with `productops
build`, then asks each standard question of a product manager several times in one process that has the version open, as
the dashboards do. Beside it stands straightforward SQL over the raw events, the same answer where the question has one
that SQL can say simply; the ratio is the figure. `--day` adds one day more and builds again.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[1]
FIRST_DAY = "2025-01-01"
DAYS = 365
EVENTS_OF_AN_ACTOR = 100
ACTORS_IN_A_LOAD = 50_000
# Of an actor's first session, by position; later sessions choose among USES.
FIRST_SESSION = (
    "signup_started",
    "signup_completed",
    "project_created",
    "report_viewed",
    "member_invited",
)
USES = ("report_viewed", "search_done", "report_shared", "dashboard_opened", "comment_added", "export_done", "checkout_completed")  # fmt: skip
PLAN = """
features: {sharing: {name: Sharing}}
signup_started: {description: The form was opened., status: live, counts_as_active: true, version: "1"}
report_shared: {description: A report was sent., status: live, feature: sharing, counts_as_active: true, value_event: true, version: "1"}
"""
FUNNEL = ["signup_started", "signup_completed", "project_created", "report_viewed", "report_shared"]
# The questions with the parameters that they cannot do without; `free` is a condition that no mart can have foreseen.
WHERE = [{"property": "plan", "op": "in", "value": ["team", "pro"]}]
ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("active_users", {}),
    ("active_users", {"period": "month"}),
    ("active_users", {"event": "report_shared"}),
    ("stickiness", {}),
    ("lifecycle", {}),
    ("lifecycle", {"period": "week"}),
    ("sessions", {}),
    ("retention", {}),
    ("retention", {"unit": "month"}),
    ("retention", {"start_event": "signup_completed", "return_event": "report_shared", "unit": "week"}),
    ("feature_usage", {"feature": "sharing"}),
    ("funnel", {"steps": FUNNEL}),
    ("time_to_convert", {"steps": FUNNEL[:3]}),
    ("active_users", {"where": WHERE}),
    ("retention", {"where": WHERE}),
    ("funnel", {"steps": FUNNEL, "where": WHERE}),
    ("funnel", {"steps": FUNNEL[1:4], "order": "any"}),
    ("event_trust", {"event": "report_shared"}),
    ("data_health", {}),
)  # fmt: skip


def write_history(data: Path, company: Path, events: int, days: int = DAYS) -> None:
    """Writes the raw zone and its manifest: loads of 50,000 actors each, their events spread over the days."""
    from ingestion.company.tables import compile as compile_company
    from ingestion.landing import DataPaths
    from ingestion.rawzone import ensure_raw_schema, export_loads

    paths = DataPaths(data)
    ensure_raw_schema(paths)
    compile_company(company, paths)
    actors = max(events // EVENTS_OF_AN_ACTOR, 1)
    for first in range(0, actors, ACTORS_IN_A_LOAD):
        write_load(data, _events(first, min(first + ACTORS_IN_A_LOAD, actors), days))
    export_loads(paths)


def write_day(data: Path, events: int, day: int, share: float = 0.1) -> None:
    """Adds one day: so many of the actors come back once, in one load."""
    from ingestion.landing import DataPaths
    from ingestion.rawzone import export_loads

    actors = max(events // EVENTS_OF_AN_ACTOR, 1)
    back = f"(select * from ({_events(0, actors, 1)}) where k < 8 and dice(actor, 77, 1000) < {int(share * 1000)})"
    write_load(
        data,
        f"select * replace (id + {events} as id, happened_at + to_days({day}) as happened_at) from {back}",
    )
    export_loads(DataPaths(data))


def _events(first: int, last: int, days: int) -> str:
    """A subquery of (id, actor, k, name, happened_at): actors that stay for a day, for weeks or for good."""
    uses = "[" + ", ".join(f"'{name}'" for name in USES) + "]"
    start = "[" + ", ".join(f"'{name}'" for name in FIRST_SESSION) + "]"
    return f"""
        select
            id,
            actor,
            k,
            case
                when k < {len(FIRST_SESSION)} and dice(actor, 1, 100) < 100 - 12 * k then {start}[k + 1]
                else {uses}[1 + (pow((dice(id, 2, 1000)) / 1000, 2) * {len(USES)})::int % {len(USES)}]
            end as name,
            timestamp '{FIRST_DAY}'
            + to_microseconds(least(begins + floor(stays * pow((k // 8) / 13.0, 1.3)), {days} - 1)::bigint * 86400000000)
            + to_microseconds((dice(actor, k // 8, 60000) + (k % 8) * 90 + dice(id, 3, 60))::bigint * 1000000) as happened_at
        from (
            select
                id, id // {EVENTS_OF_AN_ACTOR} as actor, id % {EVENTS_OF_AN_ACTOR} as k,
                dice(actor, 4, {days}) as begins,
                [2, 20, 90, 365][1 + dice(actor, 5, 4)] * {days} / 365.0 as stays
            from (select range as id from range({first * EVENTS_OF_AN_ACTOR}, {last * EVENTS_OF_AN_ACTOR}))
        )
    """


def write_load(data: Path, events: str) -> None:
    """Writes one Amplitude load as its Parquet and its entry in the manifest."""
    from ingestion.contract import load_contract
    from ingestion.landing import DataPaths
    from ingestion.manifest import Manifest, now_text

    paths = DataPaths(data)
    contract = load_contract(ROOT / "ingestion" / "sources" / "amplitude" / "contract.yml")
    with Manifest(paths.manifest) as manifest:
        number = manifest.reserve("load")
        given = {
            "_load_id": str(number), "_project": "'default'", "_member": "''", "_line": "id", "_flags": "''",
            "_identity": "'amplitude|default|' || id", "_payload_hash": "hash(id)::varchar", "uuid": "id::varchar",
            "event_type": "name", "user_id": "'u-' || actor", "device_id": "'d-' || actor", "event_time": "happened_at",
            "server_upload_time": "happened_at", "user_properties": "'{}'", "platform": "['Web', 'iOS'][1 + dice(actor, 6, 2)]",
            "country": "['Germany', 'France', 'Spain'][1 + dice(actor, 7, 3)]",
            "event_properties": """'{"plan":"' || ['free', 'team', 'pro'][1 + dice(actor, 8, 3)] || '","rows":' || dice(id, 9, 500) || '}'""",
        }  # fmt: skip
        columns = ", ".join(
            f'cast({given.get(name, "null")} as {type_}) as "{name}"'
            for name, type_ in contract.raw_types(contract.table("events")).items()
        )
        target = paths.load_dir("amplitude", "events", number)
        target.mkdir(parents=True)
        with duckdb.connect() as con:
            con.execute("set preserve_insertion_order = false; set memory_limit = '4GB'; set threads = 2; set enable_progress_bar = false")  # fmt: skip
            con.execute("create macro dice(a, b, sides) as (hash(a, b) % sides)::int")
            con.execute(f"copy (select {columns} from ({events})) to '{target}/part-0.parquet' (format parquet, compression zstd)")  # fmt: skip
            rows, first, last = con.execute(
                f"select count(*), min(event_time)::varchar, max(event_time)::varchar from '{target}/part-0.parquet'"
            ).fetchall()[0]
        name = f"history-{number}.json.gz"
        with manifest.transaction() as tx:
            manifest.add_file(
                tx, file_id=number, source="amplitude", project="default", file_name=name, path=name, size=1, mtime_ns=number,
                content_hash=name, raw_sha256=name, status="loaded", records_seen=rows,
            )  # fmt: skip
            tx.execute(
                "insert into loads (load_id, file_id, source, project, table_name, file_name, content_hash, state, rows, records_seen,"
                " loaded, first_event_at, last_event_at, first_upload_at, last_upload_at, committed_at)"
                " values (?, ?, 'amplitude', 'default', 'events', ?, ?, 'live', ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    number,
                    name,
                    name,
                    rows,
                    rows,
                    rows,
                    first,
                    last,
                    first,
                    last,
                    now_text(),
                ),
            )


def productops(home: Path, *arguments: str) -> tuple[float, float, float]:
    """Runs the command; seconds, processor seconds and peak megabytes of it."""
    environment = {
        **os.environ, "PRODUCTOPS_DATA": str(home / "data"), "PRODUCTOPS_COMPANY": str(home / "company"),
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    code = "import sys; from orchestration.cli import main; sys.exit(main())"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=False, env=environment, cwd=ROOT)  # fmt: skip
    wall = time.perf_counter() - began
    if done.returncode not in (0, 4):
        raise SystemExit(f"productops {' '.join(arguments)} ended with {done.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1024


@contextmanager
def timed() -> Iterator[Callable[[], tuple[float, float]]]:
    """Wall and processor seconds since the block began."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield lambda: (time.perf_counter() - wall, time.process_time() - cpu)


def ask_all(home: Path, runs: int) -> None:
    """Asks each question in this process and prints its seconds: median, the slowest of the runs, processor."""
    from dashboards.ask import ask
    from dashboards.published import open_version

    print(f"{'question':<16}{'parameters':<64}{'median s':>9}{'worst s':>9}{'cpu s':>8}")
    with open_version(
        home / "data" / "published", memory_limit="3GB", time_limit_seconds=600
    ) as version:
        for question, params in ASKED:
            walls, cpus = [], []
            for _ in range(runs):
                with timed() as spent:
                    ask(version, question, params)
                    wall, cpu = spent()
                walls.append(wall)
                cpus.append(cpu)
            said = json.dumps(params)[:62]
            print(f"{question:<16}{said:<64}{statistics.median(walls):>9.2f}{max(walls):>9.2f}{min(cpus):>8.2f}", flush=True)  # fmt: skip
    print(
        f"peak of the asking process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


# The same answers by plain SQL over the raw events, as an analyst without marts would write them.
RAW = "read_parquet($files, union_by_name = true, hive_partitioning = false)"
PLAIN = {
    "active_users by day": f"""
        with days as (select distinct user_id, event_time::date as day from {RAW})
        select d.day, count(distinct d.user_id),
            (select count(distinct w.user_id) from days w where w.day between d.day - 27 and d.day) as mau
        from days d where d.day >= date '{FIRST_DAY}' + {DAYS - 90} group by d.day""",
    "retention by day": f"""
        with first as (select user_id, min(event_time)::date as cohort from {RAW} group by all),
        days as (select distinct user_id, event_time::date as day from {RAW})
        select cohort, day - cohort as n, count(*) from first join days using (user_id)
        where cohort >= date '{FIRST_DAY}' + {DAYS - 90} and day - cohort <= 30 group by all""",
}  # fmt: skip


def ask_raw(data: Path) -> None:
    """The plain SQL once each."""
    files = str(data / "raw" / "amplitude" / "events" / "*" / "*.parquet")
    with duckdb.connect() as con:
        con.execute("set memory_limit = '4GB'; set threads = 2; set enable_progress_bar = false")
        for name, sql in PLAIN.items():
            with timed() as spent:
                con.execute(sql, {"files": files}).fetchall()
                wall, cpu = spent()
            print(f"{'plain SQL':<16}{name:<64}{wall:>9.2f}{'':>9}{cpu:>8.2f}", flush=True)


def main() -> None:
    """Makes the history, builds and publishes it, asks, adds a day."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5, help="of each question")
    parser.add_argument("--day", action="store_true", help="add one day and build again")
    parser.add_argument("--keep", type=Path, help="work here and keep it; a history that is there is used again")  # fmt: skip
    options = parser.parse_args()
    home = options.keep or Path(tempfile.mkdtemp(prefix="questions-"))
    try:
        if not (home / "data" / "published" / "CURRENT").exists():
            (home / "company" / "tracking_plan").mkdir(parents=True, exist_ok=True)
            (home / "company" / "settings.yml").write_text(
                "company: Bench\nunplanned_events_count_as_active: true\n"
            )
            (home / "company" / "tracking_plan" / "plan.yml").write_text(PLAN)
            write_history(home / "data", home / "company", options.events)
            print("{:,} events: build and publish {:.0f} s, {:.0f} CPU s, peak {:.0f} MB".format(options.events, *productops(home, "build")), flush=True)  # fmt: skip
        ask_all(home, options.runs)
        ask_raw(home / "data")
        if options.day:
            write_day(home / "data", options.events, DAYS)
            print("one day more: build and publish {:.0f} s, {:.0f} CPU s, peak {:.0f} MB".format(*productops(home, "build")))  # fmt: skip
    finally:
        if options.keep is None:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
