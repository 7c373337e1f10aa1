"""Versions of declarations: three numbers, major.minor.patch.

Knows: how they are written. Must not know: what a change demands (versions.py).
"""

from __future__ import annotations

from ingestion.declarations import VERSION_TEXT


def parse(written: object) -> tuple[int, int, int]:
    """`1`, `1.4` and `1.4.0` as numbers; ValueError for anything else."""
    text = str(written)
    if not VERSION_TEXT.fullmatch(text):
        raise ValueError(f"`{text}` is not a version like 1.2.0")
    numbers = [int(part) for part in text.split(".")]
    major, minor, patch = [*numbers, 0, 0][:3]
    return major, minor, patch


def normal(written: object) -> str:
    """The version with all three numbers: `1` is `1.0.0`."""
    return ".".join(str(number) for number in parse(written))
