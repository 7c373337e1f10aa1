"""What commonly goes wrong on a machine, looked for in a second or two, each finding with its fix.

Knows the data folder, the lock, the tools that we need. Reads only. Must not repair anything.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from orchestration import lock, versions
from orchestration.settings import Settings

FREE_BYTES_WANTED = 2 * 1024**3
_PACKAGES = (
    "duckdb",
    "dbt-core",
    "dbt-duckdb",
    "dagster",
    "streamlit",
    "polars",
    "great-expectations",
)


@dataclass(frozen=True)
class Finding:
    """One line: ok, note, warning or error."""

    severity: str
    what: str
    fix: str = ""


def diagnose(settings: Settings) -> list[Finding]:
    """All findings, the good ones included."""
    found: list[Finding] = []
    for part in (_versions, _folders, _disk, _company, _locks, _leftovers, _landing, _published):
        found.extend(part(settings))
    return found


def _versions(settings: Settings) -> Iterator[Finding]:
    yield Finding("ok", f"python {sys.version.split()[0]}")
    for name in _PACKAGES:
        try:
            yield Finding("ok", f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding("error", f"{name} is not installed", "make setup")
    try:
        from zoneinfo import ZoneInfo

        ZoneInfo("Europe/Berlin")
    except Exception:
        yield Finding("error", "no time zone data", "install the package tzdata")


def _folders(settings: Settings) -> Iterator[Finding]:
    for folder in (settings.data_dir, settings.company_dir):
        existing = next((p for p in (folder, *folder.parents) if p.exists()), folder)
        if not os.access(existing, os.R_OK | os.X_OK):
            yield Finding(
                "error", f"{existing} cannot be read by this user", f"chmod u+rx {existing}"
            )
        elif folder == settings.data_dir and not os.access(existing, os.W_OK):
            yield Finding(
                "error", f"{existing} cannot be written by this user", f"chmod u+w {existing}"
            )
        else:
            yield Finding("ok", f"{folder}" + ("" if folder.exists() else " (not there yet)"))


def _disk(settings: Settings) -> Iterator[Finding]:
    existing = next(p for p in (settings.data_dir, *settings.data_dir.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    text = f"{free / 1024**3:.1f} GiB free at {existing}"
    if free < FREE_BYTES_WANTED:
        yield Finding("warning", text, "free space, or move PRODUCTOPS_DATA")
    else:
        yield Finding("ok", text)


def _company(settings: Settings) -> Iterator[Finding]:
    from ingestion.company import CompanyError, load

    try:
        load(settings.company_dir)
    except CompanyError as error:
        yield Finding("error", str(error), "correct the named line, or productops init")
    else:
        yield Finding("ok", "the company's declarations can be read")


def _locks(settings: Settings) -> Iterator[Finding]:
    who = lock.owner(settings.lock_file)
    if who is not None:
        yield Finding("note", f"a run is writing now: {who}")


def _leftovers(settings: Settings) -> Iterator[Finding]:
    wal = settings.paths.warehouse.with_name("warehouse.duckdb.wal")
    if wal.exists() and lock.owner(settings.lock_file) is None:
        yield Finding("note", f"{wal} was left by a stopped run", "productops run")
    for file in settings.paths.published.glob("*/*.wal"):
        yield Finding("error", f"{file} makes a published version unreadable", f"rm '{file}'")


def _landing(settings: Settings) -> Iterator[Finding]:
    from ingestion.contract import all_contracts
    from ingestion.landing import is_temporary

    landing = settings.paths.landing
    if not landing.exists():
        yield Finding(
            "note", f"{landing} is not there yet", f"mkdir -p '{landing}/amplitude/default'"
        )
        return
    known = set(all_contracts())
    for path in sorted(landing.rglob("*")):
        inside = path.relative_to(landing)
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            yield Finding(
                "warning",
                f"{_shown(inside)} is not a regular file and is not read",
                "copy the file itself",
            )
        elif path.is_file() and is_temporary(path.name):
            yield Finding(
                "note",
                f"{_shown(inside)} has a temporary name and is not read",
                "rename it when it is whole",
            )
        elif path.is_file() and len(inside.parts) == 1:
            yield Finding(
                "warning",
                f"{_shown(inside)} lies in no source's folder",
                f"move it to {landing}/<source>/<project>/",
            )
        elif path.is_dir() and len(inside.parts) == 1 and path.name not in known:
            yield Finding(
                "warning",
                f"{_shown(inside)}/ is no source's name",
                f"known: {', '.join(sorted(known))}",
            )


def _published(settings: Settings) -> Iterator[Finding]:
    published = settings.paths.published
    current = versions.current_id(published)
    if current is None:
        yield Finding("note", "nothing is published yet", "productops run")
    elif not (published / current / "warehouse.duckdb").exists():
        yield Finding(
            "error",
            f"CURRENT names {current}, which is not there",
            "productops run, or restore published/ from a backup",
        )
    else:
        yield Finding("ok", f"{current} is published")
    if settings.held_file.exists():
        yield Finding("warning", "the last build is held by a gate", "productops status")


def _shown(path: Path) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(path))
