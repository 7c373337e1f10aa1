"""A published version of many times as many people: each person of a built one copied under other keys.

Knows: which columns tell people apart, and the order of each table. Must not know: what is asked.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb

from orchestration import database_file

# What a copy of a person has of its own, by table; all other tables count, so that each row stands for so many.
COPIED = {
    "fct_events": {"person_key": "{key}", "session_id": "hash(session_id, copy)", "event_id": "event_id || '.' || copy"},
    "fct_person_days": {"person_key": "{key}"},
    "fct_person_day_firsts": {"person_key": "{key}"},
    "fct_person_event_days": {"person_key": "{key}"},
    "fct_sessions": {"person_key": "{key}", "session_id": "hash(session_id, copy)"},
    "fct_session_paths": {"person_key": "{key}", "session_id": "hash(session_id, copy)"},
    "dim_persons": {"person_key": "{key}"},
}  # fmt: skip
ORDERED = {
    "fct_events": "date_trunc('month', local_date), event_name, person_key, occurred_at",
    "fct_person_days": "local_date, person_key",
    "fct_person_day_firsts": "local_date, person_key",
    "fct_person_event_days": "event_name, local_date, person_key",
    "fct_sessions": "started_at, session_id",
    "fct_session_paths": "counted_from_at, session_id",
    "dim_persons": "person_key",
}
SLICED = {"fct_events": ("date_trunc('month', local_date)", "event_name"), "fct_person_event_days": ("event_name",)}  # fmt: skip
COUNTS = ("events", "violating_events", "flagged_events", "people")
COUNTED = ("marts.fct_event", "marts.fct_person_periods")


def multiply(home: Path, target: Path, times: int) -> None:
    """Publishes under `target` what a history of so many times as many people would be: each person copied under another key."""
    published = home / "data" / "published"
    source = published / (published / "CURRENT").read_text().strip()
    folder = target / "data" / "published" / "multiplied"
    folder.mkdir(parents=True)
    shutil.copy(source / "definitions.json", folder)
    database_file.create(folder / "warehouse.duckdb")
    with duckdb.connect(config={"memory_limit": "4GB", "threads": 2}) as con:
        con.execute(f"set temp_directory = '{target}/spill'; set enable_progress_bar = false")
        con.execute(f"attach '{source}/warehouse.duckdb' as small (read_only)")
        con.execute(f"attach '{folder}/warehouse.duckdb' as large")
        con.execute(f"create temp table copies as select range::ubigint as copy from range({times})")  # fmt: skip
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'small'"
        ).fetchall()
        for schema, table in tables:
            con.execute(f"create schema if not exists large.{schema}")
            name = f"{schema}.{table}"
            con.execute(f"create table large.{name} as from small.{name} limit 0")
            for part in _slices(con, name, table):
                _copy(con, name, table, part, times)
        con.execute("checkpoint large")
    (target / "data" / "published" / "CURRENT").write_text("multiplied\n")


def _slices(con: duckdb.DuckDBPyConnection, name: str, table: str) -> list[tuple[str, list[Any]]]:
    """Conditions that cut a table into parts, in its order, each of which sorts in memory."""
    if table not in SLICED:
        return [("true", [])]
    by = SLICED[table]
    keys = ", ".join(by)
    values = con.execute(f"select distinct {keys} from small.{name} order by all").fetchall()
    return [(" and ".join(f"{key} = ?" for key in by), list(value)) for value in values]


def _copy(
    con: duckdb.DuckDBPyConnection, name: str, table: str, part: tuple[str, list[Any]], times: int
) -> None:
    condition, values = part
    if table in COPIED:
        columns = dict(COPIED[table])
        key = "case when copy = 0 then person_key else xor(person_key, hash(copy)) end"
        replaced = ", ".join(
            f"{sql.format(key=key)} as {column}" for column, sql in columns.items()
        )
        con.execute(
            f"insert into large.{name} select * exclude (copy) replace ({replaced}) from small.{name} cross join copies"
            f" where {condition} order by {ORDERED[table]}",
            values,
        )
        return
    found = {row[0] for row in con.execute(f"describe small.{name}").fetchall()}
    counts = ", ".join(f"{column} * {times} as {column}" for column in COUNTS if column in found and name.startswith(COUNTED))  # fmt: skip
    con.execute(f"insert into large.{name} select *{f' replace ({counts})' if counts else ''} from small.{name}")  # fmt: skip
