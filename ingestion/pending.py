"""Finds the landed files that wait to be read.

Knows: what the manifest says of a path, and which rejections pass with time. Must not know: what is in a file.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

from ingestion.claim import stored, traits
from ingestion.landing import DataPaths, list_landed
from ingestion.manifest import Manifest
from ingestion.spec import FileRequest
from ingestion.values.name_dates import day_ahead

_LAST_ZONE = "Etc/GMT+12"  # where a day begins last


def pending(paths: DataPaths, timezone: str = _LAST_ZONE) -> list[FileRequest]:
    """The landed files that wait: unknown by path, size and time of change, or rejected for what has passed."""
    found: list[FileRequest] = []
    landed = list_landed(paths)
    if not landed:
        return found
    with Manifest(paths.manifest) as manifest:
        known = {
            (row["path"], row["size"], row["mtime_ns"]): row
            for row in manifest.rows(
                "select path, size, mtime_ns, reason, raw_sha256 from files order by file_id"
            )
        }
    info: os.stat_result | None
    for item in landed:
        try:
            info = os.lstat(item.path)
        except FileNotFoundError:  # gone since it was listed
            continue
        except PermissionError:  # its folder may be listed and not entered; said once
            info = None
        row = known.get((stored(item.path), *traits(info)))
        if row is None or (info and _has_healed(row, item.path, info, timezone)):
            found.append(FileRequest(item.path, item.source or "", item.project))
    return found


def _has_healed(row: sqlite3.Row, path: Path, info: os.stat_result, timezone: str) -> bool:
    """True when a file was rejected for its moment, not for its content, and that moment is over."""
    if row["reason"] == "FUTURE_EXPORT":
        return day_ahead(path.name, timezone) is None
    if row["reason"] == "CHANGED_WHILE_READING":
        return True
    was_copied = row["raw_sha256"] is not None
    return not was_copied and stat.S_ISREG(info.st_mode) and os.access(path, os.R_OK)
