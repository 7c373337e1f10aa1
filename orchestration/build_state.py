"""What the last build was made of, so that the next one builds what is new, and nothing where nothing is.

Knows the fingerprints of code, company files and loads, raw table by raw table, and `data/build/state.json`. Must not know
how to build, nor what reads a raw table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration import database_file
from orchestration.durable import read_json, replace_json
from orchestration.parsed_project import TOOL_FOLDERS
from orchestration.selection import LOADS
from orchestration.settings import REPOSITORY, Settings

BUILDING = "building"
COMPLETE = "complete"

# Results of the product itself; they are never input to a build.
IGNORED_FILES = {".user.yml", "demo_truths.json"}


@dataclass(frozen=True)
class Inputs:
    """Everything that a build depends on."""

    code: str
    company: str
    lake: str
    loads: str
    tables: Mapping[
        str, str
    ]  # what the manifest says of the loads of each raw table, "source.table"
    live_loads: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What the next build has to do, and why."""

    needed: bool
    full_refresh: bool
    start_afresh: bool
    reason: str
    # The raw tables with news, "source.table"; none: everything is built, whatever is new.
    news: tuple[str, ...] | None = None

    @property
    def has_new_loads(self) -> bool:
        """Whether there are rows that nobody has judged."""
        return self.start_afresh or bool(self.news)

    @property
    def tables(self) -> set[tuple[str, str]]:
        """The news as pairs of source and table."""
        return {
            (source, table)
            for source, _, table in (name.partition(".") for name in self.news or ())
        }


def inputs(settings: Settings) -> Inputs:
    """Read the fingerprints. The loads table must have been exported (`ingestion.load.export_loads`)."""
    tables: dict[str, list[str]] = {}
    rows = _loads(settings, "source || '.' || table_name, *")
    for table, *row in rows:
        if table is not None:  # a rejected file has none
            tables.setdefault(str(table), []).append(str(row))
    return Inputs(
        code=_folder_hash(settings.dbt_project_dir) + _tools(),
        company=_folder_hash(settings.company_dir),
        lake=str(settings.paths.raw),
        loads=_hash(str(row) for row in rows),
        tables={table: _hash(rows) for table, rows in tables.items()},
        live_loads=tuple(sorted({load for _, _, load in live_loads(settings)})),
    )


def live_loads(settings: Settings) -> list[tuple[str, str, int]]:
    """Source, table and id of every live load."""
    rows = _loads(settings, "source, table_name, load_id, state")
    return [(str(row[0]), str(row[1]), int(str(row[2]))) for row in rows if row[3] == "live"]


def empty_tables(settings: Settings) -> set[tuple[str, str]]:
    """Source and table of every declared raw table that no live load writes to."""
    from ingestion.contract import all_tables

    filled = {(source, table) for source, table, _ in live_loads(settings)}
    declared = {(c.source, t.name) for c, t in all_tables() if c.kind != "company"}
    return declared - filled


def _loads(settings: Settings, columns: str) -> list[tuple[object, ...]]:
    import duckdb

    file = settings.paths.load_dir("_ingestion", "loads", 0) / "part-0.parquet"
    if not file.exists():
        return []
    with duckdb.connect(":memory:") as connection:
        return connection.execute(
            f"select {columns} from read_parquet(?) order by load_id, table_name",  # noqa: S608 a constant
            [str(file)],
        ).fetchall()


def plan(settings: Settings, now: Inputs) -> Plan:
    """Compare with the last build. One that did not reach its end is thrown away (case 117)."""
    last = read_json(_file(settings))
    if not settings.paths.warehouse.exists():
        return Plan(True, True, True, "first build")
    if last is None or last.get("status") != COMPLETE:
        return Plan(True, True, True, "the last build did not reach its end")
    if last.get("code") != now.code:
        return Plan(True, True, False, "models or engine changed")
    if last.get("company") != now.company:
        return Plan(True, True, False, "company declarations changed")
    if last.get("loads") == now.loads:
        is_served = (settings.paths.published / "CURRENT").exists()
        return Plan(
            not is_served, False, False, "nothing new" if is_served else "nothing published yet", ()
        )
    # Staging views say where the raw zone is: in a data folder that was moved, all of them are built again.
    news = _news(last, now) if last.get("lake") == now.lake else None
    gone = previous_live_loads(settings) - set(now.live_loads)
    reason = f"{len(gone)} load(s) were superseded" if gone else "new loads"
    return Plan(True, bool(gone), False, reason, news)


def _news(last: dict[str, Any], now: Inputs) -> tuple[str, ...]:
    """Raw tables of whose loads the manifest says something else than at the last build, and the table of loads itself."""
    before = last.get("tables") or {}
    changed = {t for t in {*before, *now.tables} if before.get(t) != now.tables.get(t)}
    return tuple(sorted({*changed, ".".join(LOADS)}))


def begin(settings: Settings, todo: Plan) -> None:
    """Mark the build as running; from here to `finish` a kill means: throw the build file away."""
    previous = read_json(_file(settings)) or {}
    replace_json(_file(settings), {**previous, "status": BUILDING})
    if todo.start_afresh:
        for name in ("", ".wal"):
            file = settings.paths.warehouse
            file.with_name(file.name + name).unlink(missing_ok=True)
        database_file.create(settings.paths.warehouse)


def finish(settings: Settings, now: Inputs, version: str) -> None:
    """The build passed every gate and is published as `version`."""
    replace_json(_file(settings), {**asdict(now), "status": COMPLETE, "version": version})


def previous_live_loads(settings: Settings) -> set[int]:
    """Loads of the last build that passed every gate; `begin` and a build that is held leave them as they are."""
    before = (read_json(_file(settings)) or {}).get("live_loads")
    return set(before) if isinstance(before, list) else set()


def last_version(settings: Settings) -> str | None:
    """The version that the last build which passed every gate was published as."""
    found = (read_json(_file(settings)) or {}).get("version")
    return None if found is None else str(found)


def _file(settings: Settings) -> Path:
    return settings.build_dir / "state.json"


def _tools() -> str:
    from importlib.metadata import version

    gates = _folder_hash(REPOSITORY / "quality")
    return gates + json.dumps([version("duckdb"), version("dbt-core"), version("dbt-duckdb")])


def _folder_hash(folder: Path) -> str:
    """Names and bytes of every file below, so that a touched file with equal content changes nothing."""
    if not folder.is_dir():
        return "none"
    parts = []
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        skipped = file.name in IGNORED_FILES or TOOL_FOLDERS & set(inside.parts)
        if not skipped and file.is_file():
            parts.append(f"{inside.as_posix()}:{hashlib.sha256(file.read_bytes()).hexdigest()}")
    return _hash(parts)


def _hash(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()
