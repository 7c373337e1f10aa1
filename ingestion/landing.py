"""The data folder: where every kind of state lives, and which landed files are waiting.

Knows: folder names and which file names are never data. Must not know: what is inside any file.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PROJECT = "default"
_TEMPORARY = re.compile(
    r"(\.part|\.partial|\.tmp|\.temp|\.crdownload|\.download|\.swp|\.filepart)$|^~\$|^\.", re.I
)


@dataclass(frozen=True)
class DataPaths:
    """Every place under the data folder, by name."""

    root: Path

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.sqlite"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def app_db(self) -> Path:
        return self.root / "app.sqlite"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def digests(self) -> Path:
        return self.root / "digests"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    def table_dir(self, source: str, table: str) -> Path:
        """The folder of one raw table."""
        return self.raw / source / table

    def load_dir(self, source: str, table: str, load_id: int) -> Path:
        """The folder of one load of one raw table."""
        return self.table_dir(source, table) / f"load={load_id}"


@dataclass(frozen=True)
class Landed:
    """A file found in the landing folder; source and project come from its folders."""

    path: Path
    source: str | None
    project: str


def is_temporary(name: str) -> bool:
    """True for names that tools give to files that are not finished, and for hidden files."""
    return bool(_TEMPORARY.search(name))


def list_landed(paths: DataPaths) -> list[Landed]:
    """Every landed entry that is not a temporary one, sorted; symlinks and pipes included, unopened."""
    found: list[Landed] = []
    if not paths.landing.is_dir():
        return found
    for path in _entries(paths.landing):
        parts = path.relative_to(paths.landing).parts
        source = parts[0] if len(parts) > 1 else None
        project = parts[1] if len(parts) > 2 else DEFAULT_PROJECT
        found.append(Landed(path, source, project))
    return sorted(found, key=lambda landed: landed.path.as_posix())


def _entries(folder: Path) -> list[Path]:
    found: list[Path] = []
    try:
        with os.scandir(folder) as listing:
            entries = list(listing)
    except FileNotFoundError:
        return []
    except PermissionError:  # listed itself, so that it is refused by name and the rest goes on
        return [folder]
    for entry in entries:
        if is_temporary(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            found.extend(_entries(Path(entry.path)))
        else:
            found.append(Path(entry.path))
    return found
