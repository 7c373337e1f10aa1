"""One writer at a time: the lock on the data folder.

Knows the lock file. The lock is the operating system's record lock, so a dead process never holds it and there is
nothing to clean up; the text in the file only tells people who holds it. Must not know what the writer does.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import BUSY, CommandError

_held: dict[Path, int] = {}


@contextmanager
def writer_lock(path: Path, doing: str) -> Iterator[None]:
    """Hold the lock for the block; the same process may enter again (a job inside a command)."""
    path = path.absolute()
    if path in _held:
        yield
        return
    acquire(path, doing)
    try:
        yield
    finally:
        release(path)


def acquire(path: Path, doing: str) -> None:
    """Take the lock or raise BUSY (exit 75) naming who has it. A process that holds it already keeps it."""
    path = path.absolute()
    if path in _held:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.pread(handle, 4096, 0).decode("utf-8", "replace")
        os.close(handle)
        raise _busy(owner) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(_who(doing)).encode(), 0)
    _held[path] = handle


def release(path: Path) -> None:
    """Give the lock back; nothing happens when this process does not hold it."""
    handle = _held.pop(path.absolute(), None)
    if handle is not None:
        os.ftruncate(handle, 0)
        os.close(handle)


def owner(path: Path) -> dict[str, object] | None:
    """Who holds the lock now, or none."""
    path = path.absolute()
    if path in _held:  # closing a second handle on the file would drop this process's own lock
        return _read(os.pread(_held[path], 4096, 0).decode("utf-8", "replace"))
    if not path.exists():
        return None
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return _read(os.pread(handle, 4096, 0).decode("utf-8", "replace"))
    finally:
        os.close(handle)
    return None


def _who(doing: str) -> dict[str, object]:
    return {
        "doing": doing,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _read(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _busy(text: str) -> CommandError:
    who = _read(text)
    return CommandError(
        code="BUSY",
        what="another run is writing to this data folder",
        why=f"`productops {who.get('doing', '?')}`, pid {who.get('pid', '?')} on {who.get('host', '?')}, "
        f"started {who.get('started_at', '?')}, holds the lock",
        fix="wait for it to end and run the same command again",
        exit_code=BUSY,
    )
