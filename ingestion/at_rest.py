"""Whether a landed file is at rest and whole, told from outside: how it looks, and whether its end is there.

Knows: sizes, times, samples of bytes and the ends of containers. Must not know: sources, or how long to wait.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from ingestion.formats.containers import CHUNK, open_container
from ingestion.spec import Reject

_NO_SURPRISES = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PIECE = 64 * 1024
_PIECES = 16
_LOOKED_INTO = (
    256 * 1024 * 1024
)  # a larger container is only watched; reading it twice costs too much
_UNFINISHED = ("GZ_TRUNCATED", "INCOMPLETE_FILE")


def look(path: Path) -> str:
    """Size, time of change and sampled bytes: a clock that is wrong or late cannot hide a change (case 28)."""
    try:
        info = os.lstat(path)
        seen = f"{info.st_size}:{info.st_mtime_ns}"
        return f"{seen}:{_sampled(path, info.st_size)}" if stat.S_ISREG(info.st_mode) else seen
    except OSError as error:
        return f"unreadable:{error.errno}"


def _sampled(path: Path, size: int) -> str:
    """A hash of the first, the last and some pieces between; of all bytes of a small file."""
    digest = hashlib.sha256()
    handle = os.open(path, _NO_SURPRISES)
    try:
        step = max((size - _PIECE) // (_PIECES - 1), _PIECE)
        for start in (*range(0, max(size - _PIECE, 1), step), max(size - _PIECE, 0)):
            digest.update(os.pread(handle, _PIECE, start))
    finally:
        os.close(handle)
    return digest.hexdigest()[:16]


def missing_end(path: Path) -> str | None:
    """What the file's end lacks, with the bytes that are there; None when it looks whole or cannot be judged."""
    try:
        info = os.lstat(path)
        if not stat.S_ISREG(info.st_mode) or not 0 < info.st_size <= _LOOKED_INTO:
            return None
        container = open_container(path)
        if container.kind == "plain":
            return _missing_newline(path, info.st_size)
        for member in container.members():
            while member.stream.read(CHUNK):
                pass
    except Reject as reject:
        if reject.code in _UNFINISHED:
            return f"{reject.message} ({info.st_size} bytes so far)"
    except OSError:  # gone, or not readable: ingestion says so
        return None
    return None


def _missing_newline(path: Path, size: int) -> str | None:
    handle = os.open(path, _NO_SURPRISES)
    try:
        last = os.pread(handle, 1, size - 1)
    finally:
        os.close(handle)
    return None if last in (b"\n", b"\r", b"]", b"}") else f"no end of line after {size} bytes"
