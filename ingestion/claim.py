"""Takes our own copy of a delivered file, so that what is read cannot change under us.

Knows: how a file is opened without following, waiting or trusting its name. Must not know: what is in it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import uuid
from dataclasses import dataclass
from pathlib import Path

from ingestion.failpoints import reach
from ingestion.formats.containers import CHUNK, check_regular
from ingestion.landing import DataPaths
from ingestion.spec import Reject, printable

_NO_SURPRISES = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Claim:
    """The bytes that one load reads; `is_archived` ones are kept when the load is done."""

    path: Path
    size: int
    mtime_ns: int
    sha256: str
    is_archived: bool = False

    def release(self) -> None:
        """Removes the copy, wherever the load ended."""
        if not self.is_archived:
            self.path.unlink(missing_ok=True)


def take(paths: DataPaths, path: Path) -> Claim:
    """Copies a file; Reject when it is no readable regular file or did not hold still meanwhile."""
    try:
        check_regular(path)
        source = os.open(path, _NO_SURPRISES)
    except FileNotFoundError:
        raise Reject("CHANGED_WHILE_READING", "the file is gone; deliver it again") from None
    except OSError as error:
        raise Reject("INCOMPLETE_FILE", f"the file cannot be read: {error.strerror}") from None
    paths.tmp.mkdir(parents=True, exist_ok=True)
    target = paths.tmp / f"claim-{uuid.uuid4().hex}"
    try:
        return _copied(path, source, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    finally:
        os.close(source)


def _copied(path: Path, source: int, target: Path) -> Claim:
    before = os.fstat(source)
    if not stat.S_ISREG(before.st_mode):
        raise Reject("NOT_A_REGULAR_FILE", "this is no file any more; deliver the file itself")
    digest = hashlib.sha256()
    copied = 0
    with open(target, "wb") as copy:
        while data := _read(source):
            digest.update(data)
            copy.write(data)
            copied += len(data)
    reach("claim")
    after = os.fstat(source)
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not same or copied != after.st_size:
        raise Reject(
            "CHANGED_WHILE_READING",
            f"the file changed while it was copied ({before.st_size} bytes, then {after.st_size}); the next run reads it again",
        )
    return Claim(target, after.st_size, after.st_mtime_ns, digest.hexdigest())


def _read(source: int) -> bytes:
    try:
        return os.read(source, 4 * CHUNK)
    except OSError as error:
        raise Reject("INCOMPLETE_FILE", f"the file cannot be read: {error.strerror}") from None


def stored(path: Path) -> str:
    """A path as the manifest keeps it: shown safely, and never opened from there."""
    return printable(
        str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    )


def traits(info: os.stat_result | None) -> tuple[int, int]:
    """Size and time of change, as the manifest tells files of one path apart."""
    return (info.st_size, info.st_mtime_ns) if info else (0, 0)
