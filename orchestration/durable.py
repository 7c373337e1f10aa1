"""Write files so that they survive a power cut: fsync the file, rename it into place, fsync its folder.

Knows the file system only. Must not know what the files mean.
"""

from __future__ import annotations

import json
import os
from pathlib import Path


def sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """A rename is durable only once its folder is on disk."""
    sync_file(path)


def replace_text(path: Path, text: str) -> None:
    """The file holds either the old or the new text, never a part of it, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with open(beside, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(beside, path)
    sync_folder(path.parent)


def replace_json(path: Path, document: object) -> None:
    replace_text(path, json.dumps(document, indent=1, default=str, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, object] | None:
    """The document, or none where there is no file or it is not whole."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return found if isinstance(found, dict) else None
