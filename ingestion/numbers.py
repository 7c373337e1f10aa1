"""Gives files and loads their numbers in the order of files, though files are read side by side.

Knows: that of two records the one of the lower load number came first. Must not know: what is in a file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

Reserve = Callable[[str], int]


class Numbers:
    """The numbers of one call; `of_next_file` is asked in the order of files."""

    def __init__(self, reserve: Reserve) -> None:
        self._reserve = reserve
        self._changed = threading.Condition()
        self._last: FileNumbers | None = None

    def of_next_file(self) -> FileNumbers:
        """The numbers of the file that follows."""
        before = self._last
        self._last = FileNumbers(self._reserve, self._changed, before)
        return self._last


class FileNumbers:
    """The numbers of one file. Before it takes its first load number, the files before it keep as many as they may need."""

    def __init__(
        self, reserve: Reserve, changed: threading.Condition, before: FileNumbers | None
    ) -> None:
        self.file_id = reserve("file")
        self._reserve, self._changed, self._before = reserve, changed, before
        self._expected: int | None = None
        self._taken = 0
        self._kept: list[int] | None = None

    def expect(self, loads: int) -> None:
        """Says how many loads the file has at most."""
        with self._changed:
            self._expected = loads
            self._changed.notify_all()

    def next_load(self) -> int:
        """The number of the file's next load."""
        with self._changed:
            if self._before is not None:
                self._before.settle()
                self._before = None
            self._taken += 1
            return self._kept.pop(0) if self._kept else self._reserve("load")

    def settle(self) -> None:
        """Keeps what the file, and those before it, may still need; waits for a file that does not know that yet."""
        with self._changed:
            if self._before is not None:
                self._before.settle()
                self._before = None
            while self._expected is None:
                self._changed.wait()
            if self._kept is None:
                self._kept = [self._reserve("load") for _ in range(self._expected - self._taken)]

    def end(self) -> None:
        """No more loads come."""
        with self._changed:
            self._expected = self._taken
            self._changed.notify_all()
