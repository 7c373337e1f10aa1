"""Tells people who wait how far a reading is: files, records, rate, time left.

Knows terminals and plain logs. Must not know any source, or what is done with a report.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ingestion.spec import Progress

_FIRST_AFTER = 1.0
_ON_TERMINAL = 0.25
_IN_LOG = 10.0


class ProgressLine:
    """One line that is written over on a terminal, and a line every ten seconds elsewhere; silent for a second."""

    def __init__(self, files: int, out: TextIO) -> None:
        self._files, self._out = files, out
        self._terminal = out.isatty()
        self._began = self._told = time.monotonic()
        self._finished = self._records_before = 0
        self._reading: dict[str, tuple[float, int]] = {}  # files side by side: part, records
        self._is_open = False

    def __call__(self, progress: Progress) -> None:
        """Takes what ingestion says of a file that is being read; two may be."""
        is_over = progress.bytes_done >= progress.bytes_total
        part = progress.bytes_done / progress.bytes_total if progress.bytes_total else 1.0
        self._reading[progress.file] = (part, progress.records)
        records = self._records_before + sum(found for _, found in self._reading.values())
        done = min(self._finished + sum(share for share, _ in self._reading.values()), self._files)
        if is_over:
            self._finished += 1
            self._records_before += progress.records
            del self._reading[progress.file]
        now = time.monotonic()
        seconds = now - self._began
        pause = _ON_TERMINAL if self._terminal else _IN_LOG if self._is_open else 0.0
        if seconds < _FIRST_AFTER or now - self._told < pause:
            return
        self._told, self._is_open = now, True
        left = seconds / done * (self._files - done) if done else 0.0
        text = (
            f"{self._finished} of {self._files} files, {records:,} records, {records / seconds:,.0f} a second, "
            f"about {_span(left)} left: {progress.file}"
        )
        self._out.write(f"\r\x1b[2K{text}" if self._terminal else f"{text}\n")
        self._out.flush()

    def end(self) -> None:
        """Leaves the terminal's line empty for what follows."""
        if self._is_open and self._terminal:
            self._out.write("\r\x1b[2K")
            self._out.flush()


def _span(seconds: float) -> str:
    """A time to wait in the largest unit that fits."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
