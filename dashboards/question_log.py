"""The app's own small store: who asked what, when it was answered, and which numbers look wrong.

Knows one SQLite file (`app.sqlite`, the only state that pages write) and the form of a question log row. Must not
know streamlit, the warehouse or the question engine: the page, the terminal and the scheduler all append through it.

A row is `{at, kind, ask_id, who, question, channel, refines, complete, about}`; `about` lists what the plan calls the things
that were asked about, as `event:signup` or `feature:export`, and never a value that somebody filtered by. `export_new` hands each row to the landing
zone exactly once: the range of a batch is written down before its file, so a batch that a crash cut off is written
again under the same name and with the same content.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

KINDS = ("asked", "answered", "confirmed")
CHANNELS = ("page", "terminal", "schedule", "api")
UNKNOWN_PERSON = "unknown"

_SCHEMA = """
create table if not exists entries (
    id integer primary key autoincrement,
    at text not null,
    kind text not null check (kind in ('asked', 'answered', 'confirmed')),
    ask_id text not null,
    who text not null,
    question text not null,
    channel text not null check (channel in ('page', 'terminal', 'schedule', 'api')),
    refines text,
    complete integer,
    about text
);
create table if not exists exports (
    first_id integer primary key,
    last_id integer not null,
    is_written integer not null default 0
);
create table if not exists doubts (
    id integer primary key autoincrement,
    at text not null,
    who text not null,
    question text not null,
    address text not null,
    data_version text not null,
    owner text not null,
    note text not null
);
"""


@dataclass(frozen=True)
class Doubt:
    """One "looks wrong" item: what somebody saw, where, on which version, and who owns it."""

    at: str
    who: str
    question: str
    address: str
    data_version: str
    owner: str
    note: str


def new_ask_id() -> str:
    """An id for one ask; all rows of the same ask carry it."""
    return secrets.token_hex(8)


def append(
    app_db: Path,
    kind: str,
    ask_id: str,
    question: str,
    who: str = UNKNOWN_PERSON,
    channel: str = "page",
    refines: str | None = None,
    complete: bool | None = None,
    at: datetime | None = None,
    about: Sequence[str] = (),
) -> None:
    """Add one row; `at` is an aware instant, now when left out. `refines` is the ask id of the question changed."""
    if kind not in KINDS:
        raise ValueError(f"question log: kind {kind!r} is not one of {', '.join(KINDS)}")
    if channel not in CHANNELS:
        raise ValueError(f"question log: channel {channel!r} is not one of {', '.join(CHANNELS)}")
    subjects = json.dumps(list(about), ensure_ascii=False) if about else None
    row = (_instant(at), kind, ask_id, who, question, channel, refines, complete, subjects)
    with _open(app_db) as store:
        store.execute(
            "insert into entries (at, kind, ask_id, who, question, channel, refines, complete, about)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )


def append_doubt(
    app_db: Path,
    question: str,
    address: str,
    data_version: str,
    owner: str,
    note: str,
    who: str = UNKNOWN_PERSON,
    at: datetime | None = None,
) -> None:
    """Add one "looks wrong" item with the context that its owner needs."""
    row = (_instant(at), who, question, address, data_version, owner, note)
    with _open(app_db) as store:
        store.execute(
            "insert into doubts (at, who, question, address, data_version, owner, note)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            row,
        )


def doubts(app_db: Path) -> list[Doubt]:
    """All "looks wrong" items, newest first; none when nothing was written yet."""
    if not app_db.exists():
        return []
    with _open(app_db) as store:
        rows = store.execute(
            "select at, who, question, address, data_version, owner, note from doubts order by id desc"
        ).fetchall()
    return [Doubt(*row) for row in rows]


def export_new(app_db: Path, landing_dir: Path) -> list[Path]:
    """Write the rows not yet exported to `landing_dir/question_log/default/<first>-<last>.ndjson`, each exactly once.

    Gives the files written by this call, mostly none or one.
    """
    if not app_db.exists():
        return []
    with _open(app_db) as store:
        store.execute(
            """
            insert into exports (first_id, last_id)
            select min(id), max(id) from entries
            where id > coalesce((select max(last_id) from exports), 0)
            having count(*) > 0
            """
        )
    written = []
    with _open(app_db) as store:
        batches = store.execute(
            "select first_id, last_id from exports where is_written = 0 order by first_id"
        ).fetchall()
        for first_id, last_id in batches:
            target = landing_dir / "question_log" / "default" / f"{first_id}-{last_id}.ndjson"
            _write_whole(target, app_db.parent, _lines(store, first_id, last_id))
            store.execute("update exports set is_written = 1 where first_id = ?", (first_id,))
            written.append(target)
    return written


def _lines(store: sqlite3.Connection, first_id: int, last_id: int) -> str:
    columns = ("at", "kind", "ask_id", "who", "question", "channel", "refines", "complete", "about")
    rows = store.execute(
        "select at, kind, ask_id, who, question, channel, refines, complete, about"
        " from entries where id between ? and ? order by id",
        (first_id, last_id),
    ).fetchall()
    lines = []
    for row in rows:
        entry = dict(zip(columns, row, strict=True))
        entry["complete"] = None if entry["complete"] is None else bool(entry["complete"])
        entry["about"] = None if entry["about"] is None else json.loads(entry["about"])
        lines.append(json.dumps({k: v for k, v in entry.items() if v is not None}))
    return "".join(f"{line}\n" for line in lines)


def _write_whole(target: Path, working_dir: Path, text: str) -> None:
    """A reader of the landing zone sees the whole file or none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = working_dir / f".question_log-{target.name}.part"
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, target)


def _instant(at: datetime | None) -> str:
    moment = datetime.now(UTC) if at is None else at
    if moment.tzinfo is None:
        raise ValueError("question log: the instant has no zone. Fix: pass an aware datetime")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _widen(store: sqlite3.Connection) -> None:
    """Give a log written before `about` that column; its old rows were about nothing that we know."""
    if "about" not in {row[1] for row in store.execute("pragma table_info(entries)")}:
        store.execute("alter table entries add column about text")


@contextmanager
def _open(app_db: Path) -> Iterator[sqlite3.Connection]:
    """One short transaction; WAL so that pages and a run do not wait for each other."""
    app_db.parent.mkdir(parents=True, exist_ok=True)
    store = sqlite3.connect(app_db, timeout=10)
    try:
        store.execute("pragma journal_mode = wal")
        store.executescript(_SCHEMA)
        _widen(store)
        with store:
            yield store
    finally:
        store.close()
