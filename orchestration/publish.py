"""Make one immutable version out of the build file and point readers at it; or point them back.

Knows the build file's schemas, `published/` and the order of the steps that makes a crash harmless: write beside, the
ledger of restated numbers with it, fsync, rename, then replace CURRENT. Must not know what the tables mean, nor decide
whether they are good.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingestion.failpoints import reach
from orchestration import content, database_file, versions
from orchestration.database_file import literal
from orchestration.durable import read_json, replace_json, replace_text, sync_file, sync_folder
from orchestration.earlier_definitions import with_earlier
from orchestration.errors import CommandError, nearest, usage_error
from orchestration.restatements import book
from orchestration.restatements.inputs import FILE as INPUTS_FILE
from orchestration.restatements.inputs import Inputs
from orchestration.time_zones import time_zone_data

_FILE = "warehouse.duckdb"


@dataclass(frozen=True)
class Standing:
    """What a build left of the version that is served: tables as they are, and tables of which it changed some rows (with the
    columns of their grain)."""

    unchanged: Collection[str] = ()
    increments: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What a publish did."""

    version: str
    published: bool
    content_hash: str
    exact_hash: str
    tables: int
    rows: int
    restated: tuple[book.Entry, ...] = ()
    not_compared: str | None = None  # a damaged version that could not be compared with

    def as_dict(self) -> dict[str, object]:
        return {**vars(self), "restated": [entry.as_dict() for entry in self.restated]}


def publish(
    warehouse: Path,
    published: Path,
    definitions: Mapping[str, object],
    lineage_tables: Collection[str] = (),
    keep: int = 10,
    inputs: Inputs | None = None,
    standing: Standing = Standing(),
) -> Receipt:
    """Publish the marts and KPIs of the build file. Content equal to the current version makes no new one.

    Numbers of closed periods that the new version changes go into its ledger, with what `inputs` and loads tell of the
    cause. What is `standing` is taken from the version that is served.
    """
    import duckdb

    published.mkdir(parents=True, exist_ok=True)
    versions.sweep(published, keep)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{literal(warehouse)}' as warehouse (read_only)")
        current = _current_manifest(published)
        known = _known(current, standing.unchanged)
        grown = content.increments(
            connection, "warehouse", _known(current, standing.increments), lineage_tables
        )
        tables = content.describe(connection, "warehouse", lineage_tables, {**known, **grown})
        said, exact = content.combined(tables), content.combined(tables, exact=True)
        rows = sum(table.rows for table in tables)
        if current and current.get("exact_hash") == exact and _same(current, definitions):
            return Receipt(str(current["version"]), False, said, exact, len(tables), rows)
        version = versions.next_id(published)
        folder = published / f".new-{version}-{os.getpid()}"
        folder.mkdir()
        file = folder / _FILE
        reach("publish.copy")
        served = published / str(current["version"]) if current else None
        is_source = served and (known or grown) and verify_file(published, served.name)
        database_file.write(
            connection,
            file,
            served / _FILE if served and is_source else None,
            known,
            {table: standing.increments[table] for table in grown},
        )
        reach("publish.checkpoint")
        models = definitions.get("models")
        is_comparable = served is not None and book.is_readable(served)
        restated = (
            book.entries(connection, served, "warehouse", inputs, (_models_of(served), models))
            if served is not None and is_comparable and isinstance(models, Mapping)
            else []
        )
        book.write(folder, served, version, restated)
        reach("publish.ledger")
    if file.with_name(file.name + ".wal").exists():
        raise CommandError(
            "STALE_WAL",
            f"{file} was not checkpointed",
            "a write-ahead log beside a published file makes it unreadable",
            "run the same command again",
        )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if inputs is not None:
        replace_json(folder / INPUTS_FILE, inputs.as_dict())
    told = {**definitions, "version": version, "created_at": now}
    if isinstance(models, Mapping):
        told["models"] = with_earlier(models, _models_of(served), version, now[:10])
    replace_json(folder / "definitions.json", told)
    replace_json(
        folder / "manifest.json",
        {
            "version": version,
            "created_at": now,
            "data_through": definitions.get("data_through"),
            "content_hash": said,
            "exact_hash": exact,
            "definitions_hash": definitions_hash(definitions),
            "sha256": database_file.sha256(file),
            "rolled_back_to": None,
            "time_zones": time_zone_data(),
            "tables": [vars(table) for table in tables],
        },
    )
    reach("publish.fsync")
    _into_place(folder, published, version)
    versions.sweep(published, keep)
    not_compared = served.name if served is not None and not is_comparable else None
    return Receipt(version, True, said, exact, len(tables), rows, tuple(restated), not_compared)


def rollback(published: Path, to: str | None = None) -> str:
    """A new version with the content of an old one (the one before the current, unless named); its id.

    Never backwards: readers see a higher id. The file is shared by a hard link, it costs no space. The ledger goes on: it
    keeps its rows and tells what the rollback changed.
    """
    known = versions.history(published)
    if to is None:
        older = [v for v in known if not v.current]
        if not older:
            raise CommandError(
                "NO_OLDER_VERSION",
                "there is nothing to roll back to",
                f"{len(known)} version(s) published",
                "productops publish history",
            )
        to = older[0].id
    if to not in {v.id for v in known}:
        near = nearest(to, [v.id for v in known])
        raise usage_error(
            f"there is no version {to!r}" + (f"; did you mean {near}?" if near else ""),
            f"versions here: {', '.join(v.id for v in known) or 'none'}",
            "productops publish history",
        )
    source = published / to
    version = versions.next_id(published)
    folder = published / f".new-{version}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        os.link(source / _FILE, folder / _FILE)
    except OSError:  # a file system without hard links
        shutil.copy2(source / _FILE, folder / _FILE)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for name in ("definitions.json", "manifest.json"):
        document = read_json(source / name) or {}
        changed: dict[str, object] = {**document, "version": version, "created_at": now}
        if name == "manifest.json":
            changed["rolled_back_to"] = to
        replace_json(folder / name, changed)
    if (made_of := read_json(source / INPUTS_FILE)) is not None:
        replace_json(folder / INPUTS_FILE, made_of)
    served = published / str(versions.current_id(published))
    restated = book.rolled_back(served, source) if book.is_readable(served) else []
    book.write(folder, served, version, restated)
    _into_place(folder, published, version)
    return version


def verify_file(published: Path, version: str) -> bool:
    """Does the version's file still hold the bytes that were published?"""
    document = read_json(published / version / "manifest.json") or {}
    file = published / version / _FILE
    return file.is_file() and document.get("sha256") == database_file.sha256(file)


def _into_place(folder: Path, published: Path, version: str) -> None:
    for file in sorted(folder.iterdir()):
        file.chmod(0o444)
        sync_file(file)
    sync_folder(folder)
    reach("publish.rename")
    os.rename(folder, published / version)
    sync_folder(published)
    reach("publish.pointer")
    replace_text(published / "CURRENT", version + "\n")
    reach("publish.done")


def _current_manifest(published: Path) -> dict[str, Any] | None:
    now = versions.current_id(published)
    return read_json(published / now / "manifest.json") if now else None


def _known(
    current: Mapping[str, Any] | None, names: Collection[str]
) -> dict[str, content.TableContent]:
    """What the served version's manifest says of these tables."""
    tables = [content.TableContent(**table) for table in (current or {}).get("tables") or ()]
    return {table.name: table for table in tables if table.name in names}


# What may differ between two builds of the same content without being news to anyone.
_NOT_NEWS = ("created_at", "version", "built_at", "timing")


def definitions_hash(definitions: Mapping[str, object]) -> str:
    import json

    kept = {k: v for k, v in definitions.items() if k not in _NOT_NEWS}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


def _models_of(served: Path | None) -> Mapping[str, Any]:
    """What the models of a version meant; none where there is no version, or it does not say."""
    document = read_json(served / "definitions.json") if served is not None else None
    models = (document or {}).get("models")
    return models if isinstance(models, Mapping) else {}


def _same(current: Mapping[str, object], definitions: Mapping[str, object]) -> bool:
    return current.get("definitions_hash") == definitions_hash(definitions)
