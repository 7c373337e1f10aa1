"""Restated numbers on a page: the mark on a number, and the list of what changed and why.

Knows rows of the ledger and how they are written. Must not know where they come from.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards import restated
from dashboards.widgets import html
from dashboards.widgets.html import Mark

MOST_LINES = 12


def changes(rows: Sequence[Mapping[str, Any]], most: int = MOST_LINES) -> Mark:
    """What changed and why: one line per number and cause, the newest version and the largest change first."""
    found = restated.lines(rows)
    # With one source, its events are the events; they would be told twice.
    sources = {row["subject"] for row in rows if row["metric"] == "source_events"}
    shown = [
        line for line in found if len(sources) > 1 or line.largest["metric"] != "source_events"
    ]
    lines = [
        (
            line.name,
            line.periods,
            restated.was(line.told),
            restated.now(line.told),
            restated.change(line.told),
            _why(line.largest),
        )
        for line in shown[:most]
    ]
    table = html.table(
        ("Number", "Period", "Was", "Is", "Change", "Why"),
        lines,
        frozenset({2, 3, 4}),
        caption="Numbers of closed periods that changed",
    )
    if len(shown) > most:
        table += Mark('<p class="po-small">And {} more.</p>').format(len(shown) - most)
    return html.wrap(table)


def _why(row: Mapping[str, Any]) -> Mark:
    """The evidence, which names its cause; the cause where there is none. Wide enough to be read on a phone."""
    said = str(row.get("detail") or restated.why(row))
    return Mark('<div style="min-width:200px">{}</div>').format(f"{said[:1].upper()}{said[1:]}")
