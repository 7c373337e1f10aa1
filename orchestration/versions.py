"""The published versions on disk: which there are, which is current, which may go.

Knows `published/`: one folder for each version, `CURRENT`, `pins/`. Must not know how a version is made.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.durable import read_json

_NAME = re.compile(r"v(\d{6,})")


@dataclass(frozen=True)
class Version:
    """One published version, as its manifest tells it."""

    id: str
    created_at: str
    content_hash: str
    exact_hash: str
    data_through: str | None
    rolled_back_to: str | None
    bytes: int
    current: bool = False
    pinned: bool = False

    def as_dict(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def current_id(published: Path) -> str | None:
    """The version that readers are sent to."""
    try:
        name = (published / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return name or None


def number(version_id: str) -> int:
    matched = _NAME.fullmatch(version_id)
    if not matched:
        raise ValueError(f"{version_id!r} is not a version id like v000012")
    return int(matched.group(1))


def next_id(published: Path) -> str:
    """One more than any there is or ever was current: ids never go back, whatever the clock does."""
    known = [number(p.name) for p in _folders(published)]
    now = current_id(published)
    if now:
        known.append(number(now))
    return f"v{max(known, default=0) + 1:06d}"


def history(published: Path) -> list[Version]:
    """All versions that were ever current and are still here, newest first."""
    now = current_id(published)
    if now is None:
        return []
    found = [
        _read(published, folder, now)
        for folder in _folders(published)
        if number(folder.name) <= number(now)
    ]
    return sorted((v for v in found if v), key=lambda v: number(v.id), reverse=True)


def pin(published: Path, version_id: str) -> None:
    """Keep a version for good (a sent report refers to it)."""
    pins = published / "pins"
    pins.mkdir(parents=True, exist_ok=True)
    (pins / version_id).touch()


# A reader that has just read CURRENT has not opened the file yet: a version outlives its successor's birth by this.
GRACE_SECONDS = 60.0


def sweep(published: Path, keep: int, grace_seconds: float = GRACE_SECONDS) -> list[str]:
    """Remove what a killed publish left and all but the newest `keep` versions; never the current or a pinned one.

    Call it under the writer's lock. A reader that has a removed file open keeps reading it.
    """
    if not published.exists():
        return []
    for left in published.glob(".new-*"):
        shutil.rmtree(left, ignore_errors=True)
    for left in published.glob(".*.tmp"):
        left.unlink(missing_ok=True)
    now = current_id(published)
    removed = []
    for folder in _folders(published):
        if now is None or number(folder.name) > number(now):  # renamed, but never pointed at
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder.name)
    known = history(published)
    for newer, version in list(zip(known, known[1:], strict=False))[max(keep, 1) - 1 :]:
        is_recent = _age_seconds(newer.created_at) < grace_seconds
        if not (version.current or version.pinned or is_recent):
            shutil.rmtree(published / version.id, ignore_errors=True)
            removed.append(version.id)
    return removed


def _age_seconds(instant: str) -> float:
    """Since an instant of a manifest; a clock that went back makes it young, which only keeps a file longer."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds()
    except ValueError:
        return float("inf")


def _folders(published: Path) -> list[Path]:
    if not published.exists():
        return []
    return sorted(p for p in published.iterdir() if p.is_dir() and _NAME.fullmatch(p.name))


def _read(published: Path, folder: Path, now: str) -> Version | None:
    document = read_json(folder / "manifest.json")
    if document is None:
        return None
    file = folder / "warehouse.duckdb"

    def text(key: str) -> str | None:
        value = document.get(key)
        return None if value is None else str(value)

    return Version(
        id=folder.name,
        created_at=text("created_at") or "",
        content_hash=text("content_hash") or "",
        exact_hash=text("exact_hash") or "",
        data_through=text("data_through"),
        rolled_back_to=text("rolled_back_to"),
        bytes=file.stat().st_size if file.exists() else 0,
        current=folder.name == now,
        pinned=(published / "pins" / folder.name).exists(),
    )
