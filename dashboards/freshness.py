"""When a source counts as late: one rule for pages and snapshots.

Knows a row of `data_health` and the version's own time. Must not ask the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards import wording
from dashboards.published import Published

LATE_AFTER_DAYS = 3.0  # the 72 hours of the question `data_health`, which has the same exceptions
NEVER_LATE = ("exposures", "outcomes", "question_log")


def days_behind(row: Mapping[str, Any], published: Published) -> float | None:
    """How many days a source's latest record lies before the version's latest; None where that says nothing."""
    last = row.get("last_event_at")
    if row.get("source") in NEVER_LATE:
        return None
    if last is None or published.data_through is None:
        return None
    return (published.data_through - wording.parse_instant(last)).total_seconds() / 86400


def is_late(row: Mapping[str, Any], published: Published) -> bool:
    """Whether a source stopped well before the others, quarantined records or not."""
    behind = days_behind(row, published)
    return behind is not None and behind >= LATE_AFTER_DAYS
