"""What a project allows between an event's time and the time it was received, as SQL conditions.

Knows: the settings `late_days`, `future_minutes` and `skew_minutes`. Must not know: any source, or the present time: a
record is judged against its own time of receipt or upload, never against the moment of its load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FUTURE_MINUTES = 10
# No product whose exports are read here collected events before this day: such a time is a clock that was never set.
FIRST_DAY = "2010-01-01"


@dataclass(frozen=True)
class ClockRules:
    """Limits of one project. Every method takes two SQL expressions and gives a condition that is never null."""

    late_days: int | None = (
        None  # older than this at its receipt: TOO_LATE; none = any age is accepted
    )
    future_minutes: int = FUTURE_MINUTES  # further ahead of its receipt: FUTURE_EVENT
    skew_minutes: int | None = None  # declared: further behind its receipt means a wrong clock

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> ClockRules:
        """The rules that a project's settings declare."""

        def number(name: str) -> int | None:
            value = settings.get(name)
            return None if value is None else int(value)

        ahead = number("future_minutes")
        return cls(
            number("late_days"),
            FUTURE_MINUTES if ahead is None else ahead,
            number("skew_minutes"),
        )

    def too_late(self, at: str, received: str) -> str:
        """True when the event was older at its receipt than the project accepts."""
        if self.late_days is None:
            return "false"
        return f"coalesce({at} < {received} - interval {self.late_days} day, false)"

    def late_message(self, at_name: str, received_name: str) -> str:
        """What a TOO_LATE record is told, as an SQL text."""
        days = self.late_days
        return (
            f"'{at_name} is more than {days} days before {received_name}, and late_days is {days}'"
        )

    def too_far_ahead(self, at: str, received: str) -> str:
        """True when the event lies further after its receipt than clocks drift."""
        return f"coalesce({at} > {received} + interval {self.future_minutes} minute, false)"

    def clock_is_off(self, at: str, received: str) -> str:
        """True when the sender's clock, not lateness, explains the distance; the time of receipt is used then."""
        never_set = f"{at} < timestamp '{FIRST_DAY}' and {received} >= timestamp '{FIRST_DAY}'"
        if self.skew_minutes is None:
            return f"coalesce({never_set}, false)"
        behind = f"{at} < {received} - interval {self.skew_minutes} minute"
        return f"coalesce({never_set} or {behind}, false)"
