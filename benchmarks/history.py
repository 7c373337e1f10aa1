"""Writes a product's events straight into the raw zone, as large as it is told: no vendor's files, no reading of them.

Knows: the raw zone, its manifest and how people come and stay. Must not know: what is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
FIRST_DAY = "2025-01-01"
ACTORS_IN_A_LOAD = 50_000


@dataclass(frozen=True)
class Shape:
    """How large the history is: events, days, and events of an actor."""

    events: int = 1_000_000
    days: int = 365
    each: int = 100

    @property
    def actors(self) -> int:
        """How many people."""
        return max(self.events // self.each, 1)


# Of an actor's first session, by position; later sessions choose among USES.
FIRST_SESSION = (
    "signup_started",
    "signup_completed",
    "project_created",
    "report_viewed",
    "member_invited",
)
USES = ("report_viewed", "search_done", "report_shared", "dashboard_opened", "comment_added", "export_done", "checkout_completed")  # fmt: skip


def write_history(data: Path, company: Path, shape: Shape) -> None:
    """Writes the raw zone and its manifest: loads of 50,000 actors each, their events spread over the days."""
    from ingestion.company.tables import compile as compile_company
    from ingestion.landing import DataPaths
    from ingestion.rawzone import ensure_raw_schema, export_loads

    paths = DataPaths(data)
    ensure_raw_schema(paths)
    compile_company(company, paths)
    for first in range(0, shape.actors, ACTORS_IN_A_LOAD):
        write_load(data, _events(first, min(first + ACTORS_IN_A_LOAD, shape.actors), shape))
    export_loads(paths)


def write_day(data: Path, shape: Shape) -> None:
    """Adds one day: as many actors as were there on a usual day come back once, in one load."""
    from ingestion.landing import DataPaths
    from ingestion.rawzone import export_loads

    one_day = replace(shape, days=1)
    share = int(1_000_000 * shape.each / 8 / shape.days)
    back = f"(select * from ({_events(0, shape.actors, one_day)}) where k < 8 and dice(actor, 77, 1000000) < {share})"
    write_load(
        data,
        f"select * replace (id + {shape.events} as id, happened_at + to_days({shape.days}) as happened_at) from {back}",
    )
    export_loads(DataPaths(data))


def _events(first: int, last: int, shape: Shape) -> str:
    """A subquery of (id, actor, k, name, happened_at): actors that stay for a day, for weeks or for good."""
    uses = "[" + ", ".join(f"'{name}'" for name in USES) + "]"
    start = "[" + ", ".join(f"'{name}'" for name in FIRST_SESSION) + "]"
    days, each = shape.days, shape.each
    sessions = max(each / 8, 1.0)
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
            + to_microseconds((begins + floor(least(stays, {days} - 1 - begins) * pow((k // 8) / {sessions}, 1.3)))::bigint * 86400000000)
            + to_microseconds((dice(actor, k // 8, 60000) + (k % 8) * 90 + dice(id, 3, 60))::bigint * 1000000) as happened_at
        from (
            select
                id, id // {each} as actor, id % {each} as k,
                dice(actor, 4, {days}) as begins,
                [2, 20, 90, 365][1 + dice(actor, 5, 4)] * {days} / 365.0 as stays
            from (select range as id from range({first * each}, {last * each}))
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
