"""Rows of signed numbers as bars to the left and right of nothing.

Knows how to draw numbers that are computed and written already. Must not know which question they answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.widgets.html import Mark


@dataclass(frozen=True)
class Signed:
    """One row: its name, its number and how that is written, and a note."""

    name: str
    value: float
    text: str
    note: str = ""


def effect_bars(rows: Sequence[Signed], legend: str, alt: str) -> Mark:
    """A bar from the middle line per row; the longest reaches the edge."""
    top = max((abs(row.value) for row in rows), default=0.0) or 1.0
    parts = []
    for row in rows:
        width = 50 * abs(row.value) / top
        left = 50 - width if row.value < 0 else 50.0
        parts.append(
            Mark(
                '<div>{}</div><div class="po-line"><i style="left:{}%;width:{}%"></i><u style="left:50%"></u></div>'
                '<div class="po-r"><strong>{}</strong></div><div class="po-r po-small">{}</div>'
            ).format(row.name, f"{left:.1f}", f"{width:.1f}", row.text, row.note)
        )
    return Mark(
        '<div class="po"><div class="po-dots" role="group" aria-label="{}">{}</div>'
        '<div class="po-legend"><span>{}</span></div></div>'
    ).format(alt, Mark("").join(parts), legend)
