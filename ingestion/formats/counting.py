"""Counts bytes of one value. `bytes.count` looks at each byte alone and takes ten times as long.

Knows: bytes. Must not know: what they mean.
"""

from __future__ import annotations

_FEW = 64 * 1024  # counted before numpy is imported
_BLOCK = 256 * 1024  # with its marks it fits the second cache of a processor


def count_byte(data: bytes, value: bytes) -> int:
    """How often the one byte is there."""
    if len(data) <= _FEW:
        return data.count(value)
    import numpy as np

    text, wanted = np.frombuffer(data, np.uint8), value[0]
    return sum(
        int(np.count_nonzero(text[start : start + _BLOCK] == wanted))
        for start in range(0, len(data), _BLOCK)
    )


def count_lines(data: bytes) -> int:
    """How many lines there are; the last one may have no newline."""
    return count_byte(data, b"\n") + (bool(data) and not data.endswith(b"\n"))


def newlines_between(data: bytes, before: bytes, after: bytes) -> int:
    """How many newlines stand between these two bytes."""
    if len(data) <= _FEW:
        return data.count(before + b"\n" + after)
    import numpy as np

    text, found = np.frombuffer(data, np.uint8), 0
    for start in range(1, len(data) - 1, _BLOCK):
        end = min(start + _BLOCK, len(data) - 1)
        joins = text[start:end] == 10
        joins &= text[start - 1 : end - 1] == before[0]
        joins &= text[start + 1 : end + 1] == after[0]
        found += int(np.count_nonzero(joins))
    return found
