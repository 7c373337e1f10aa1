"""Reads the next pieces of a stream while those before them are looked at.

Knows: a thread and how to end it. Must not know: what is read.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

_AHEAD = 3  # pieces that may wait


class Prefetch:
    """Calls `read` on a thread of its own until it gives nothing; what it raises is raised where it would have been."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read
        self._room = threading.Semaphore(_AHEAD)
        self._pieces: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()
        self._is_stopped = self._has_ended = False
        self._thread = threading.Thread(target=self._run, name="unpack", daemon=True)
        self._thread.start()

    def next(self) -> bytes:
        """The next piece; empty at the end."""
        if self._has_ended:
            return b""
        piece = self._pieces.get()
        self._room.release()
        self._has_ended = not piece or isinstance(piece, BaseException)
        if isinstance(piece, BaseException):
            raise piece
        return piece

    def close(self) -> None:
        """Ends the thread, wherever it is; the stream may be closed then."""
        self._is_stopped = True
        self._room.release()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._room.acquire() and not self._is_stopped:
                piece = self._read()
                self._pieces.put(piece)
                if not piece:
                    return
        except BaseException as error:  # it is the reader's to know
            self._pieces.put(error)
