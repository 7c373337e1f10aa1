"""Counts bytes. `bytes.count` looks at each byte alone and takes ten times as long as compiled code.

Knows: bytes. Must not know: what they mean.
"""

from __future__ import annotations

try:
    from ingestion.formats._cutter import count
except ImportError:  # set up without a C compiler
    count = bytes.count  # type: ignore[assignment]


def count_byte(data: bytes, value: bytes) -> int:
    """How often the one byte is there."""
    return count(data, value)


def count_lines(data: bytes) -> int:
    """How many lines there are; the last one may have no newline."""
    return count(data, b"\n") + (bool(data) and not data.endswith(b"\n"))


def newlines_between(data: bytes, before: bytes, after: bytes) -> int:
    """How many newlines stand between these two bytes, which are not the same."""
    return count(data, before + b"\n" + after)
