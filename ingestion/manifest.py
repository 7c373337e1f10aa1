"""The manifest: which files were delivered, what became of each, and which loads are live.

Knows: files, loads, quarantined records and their states, kept in one SQLite file with full synchronisation.
Must not know: how files are parsed or what the raw tables hold. A load exists when it is committed here.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

COUNTS = ("records_seen", "loaded", "duplicate", "superseded", "quarantined", "filtered")

_SCHEMA = """
create table if not exists files (
    file_id integer primary key autoincrement,
    source text, project text not null, file_name text not null, path text not null,
    size integer not null, mtime_ns integer not null,
    raw_sha256 text, content_hash text, encoding text, dialect text,
    status text not null, reason text, message text, duplicate_of integer,
    records_seen integer not null default 0, quarantined integer not null default 0,
    filtered integer not null default 0, committed_at text not null
);
create index if not exists files_path on files (path, size, mtime_ns);
create index if not exists files_content on files (source, project, content_hash);
create index if not exists files_raw on files (source, project, raw_sha256);
create table if not exists loads (
    load_id integer primary key autoincrement,
    file_id integer not null references files (file_id),
    source text not null, project text not null, table_name text not null, file_name text not null,
    content_hash text not null, state text not null, rows integer not null,
    records_seen integer not null, loaded integer not null default 0, duplicate integer not null default 0,
    superseded integer not null default 0, quarantined integer not null default 0,
    filtered integer not null default 0,
    first_event_at text, last_event_at text, first_upload_at text, last_upload_at text,
    committed_at text not null, superseded_by integer
);
create index if not exists loads_table on loads (source, project, table_name);
create table if not exists quarantine (
    id integer primary key autoincrement,
    file_id integer not null references files (file_id), load_id integer,
    member text, line integer, byte_offset integer, code text not null, message text not null,
    raw_offset integer not null, raw_size integer not null, full_size integer not null, sha256 text not null,
    replayed integer not null default 0
);
create index if not exists quarantine_file on quarantine (file_id);
create table if not exists warnings (
    file_id integer not null references files (file_id), code text not null, records integer not null,
    primary key (file_id, code)
);
create table if not exists accepted (
    code text not null, source text not null, project text not null, raw_sha256 text not null,
    accepted_at text not null, primary key (code, source, project, raw_sha256)
);
create table if not exists histories (source text not null, project text not null, primary key (source, project));
create table if not exists ids (name text primary key, value integer not null);
create table if not exists recounts (source text, project text, table_name text,
    primary key (source, project, table_name));
"""

# Columns that came after the first release; a manifest from before gets them when it is opened.
_ADDED = (("loads", "superseded_by", "integer"), ("files", "dialect", "text"))


@dataclass(frozen=True)
class Load:
    """One committed load of one raw table."""

    load_id: int
    file_id: int
    source: str
    project: str
    table_name: str
    file_name: str
    content_hash: str
    state: str
    rows: int
    records_seen: int
    loaded: int
    duplicate: int
    superseded: int
    quarantined: int
    filtered: int
    first_event_at: str | None
    last_event_at: str | None
    first_upload_at: str | None
    last_upload_at: str | None
    committed_at: str
    superseded_by: int | None = None


class Manifest:
    """The SQLite file; every write is inside `transaction()`. Threads may share it: one at a time is let in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._turn = threading.RLock()
        self._con = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self._con.row_factory = sqlite3.Row
        self._con.execute("pragma journal_mode = wal")
        self._con.execute("pragma synchronous = full")
        self._con.execute("pragma foreign_keys = on")
        self._con.executescript(_SCHEMA)
        for table, name, type_ in _ADDED:
            query = "select 1 from pragma_table_info(?) where name = ?"
            if not self.rows(query, table, name):
                self._con.execute(f"alter table {table} add column {name} {type_}")

    def close(self) -> None:
        self._con.close()

    def __enter__(self) -> Manifest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; durable when the block has ended."""
        with self._turn:
            self._con.execute("begin immediate")
            try:
                yield self._con
            except BaseException:
                self._con.execute("rollback")
                raise
            self._con.execute("commit")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """The rows of a reading query."""
        with self._turn:
            return self._con.execute(query, values).fetchall()

    def loads(self, **equal: object) -> list[Load]:
        """Loads whose columns equal the given values, oldest first."""
        where = " and ".join(f"{name} = ?" for name in equal) or "true"
        query = f"select * from loads where {where} order by load_id"  # noqa: S608 (own column names)
        return [Load(**dict(row)) for row in self.rows(query, *equal.values())]

    def reserve(self, name: str) -> int:
        """The next number of a counter; never given twice, also after a crash."""
        query = "insert into ids values (?, 1) on conflict (name) do update set value = value + 1 returning value"
        with self._turn:
            return int(self._con.execute(query, (name,)).fetchall()[0][0])

    def add_file(self, con: sqlite3.Connection, **values: object) -> None:
        """Adds a delivered file, with its number, inside a transaction."""
        values["committed_at"] = now_text()
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        con.execute(f"insert into files ({names}) values ({marks})", tuple(values.values()))  # noqa: S608

    def accepts(self, code: str, source: str, project: str, raw_sha256: str) -> bool:
        """True when a person (or the first load of history) accepted the file in spite of the code."""
        query = "select 1 from accepted where code = ? and source = ? and project = ? and raw_sha256 = ?"
        return bool(self.rows(query, code, source, project, raw_sha256))

    def has_history(self, source: str, project: str) -> bool:
        """True once a whole call has loaded records of the project; until then all is history."""
        query = "select 1 from histories where source = ? and project = ?"
        return bool(self.rows(query, source, project))

    def file_with(self, source: str, project: str, column: str, value: str) -> sqlite3.Row | None:
        """The committed file of the same content (column content_hash) or bytes (raw_sha256)."""
        if column not in ("content_hash", "raw_sha256"):
            raise ValueError(f"no identity column {column!r}")
        query = (
            f"select * from files where source = ? and project = ? and {column} = ? "  # noqa: S608
            "and status in ('loaded', 'partial', 'empty') order by file_id limit 1"
        )
        found = self.rows(query, source, project, value)
        return found[0] if found else None


def accept(con: sqlite3.Connection, code: str, source: str, project: str, raw_sha256: str) -> None:
    """Notes inside a transaction that the file is accepted in spite of the code."""
    con.execute(
        "insert or ignore into accepted values (?, ?, ?, ?, ?)",
        (code, source, project, raw_sha256, now_text()),
    )


def now_text() -> str:
    """The present instant as the manifest writes it."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
