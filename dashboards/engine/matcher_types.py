"""What the matcher of funnels works with: rules, events and attempts.

Pure values. Must not know SQL, people or answers. Times are integer microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Event:
    """One event of a unit: when, which steps it matches (bit k = step k+1), which exclusions it is, its value, what it holds."""

    at: int
    steps: int
    exclusions: int = 0
    value: str | None = None
    held: str | None = None


@dataclass(frozen=True)
class Attempt:
    """One entry: the times and values of the steps it reached, and the exclusion that ended it.

    `is_between` says that the exclusion came before a next step that would have come, so that it lies between two.
    """

    entry_at: int
    times: tuple[int, ...]
    values: tuple[str | None, ...] = ()
    excluded_at: int | None = None
    is_between: bool = False

    @property
    def reached(self) -> int:
        """How many steps."""
        return len(self.times)


@dataclass(frozen=True)
class Rules:
    """How a funnel is matched. `entry` is best, first or optimized (F4, F5); `anchored` steps keep their place (F8)."""

    steps: int
    window: int
    from_at: int
    to_at: int
    order: str = "sequential"
    totals: bool = False
    tie: int = 0
    entry: str = "best"
    by_segment: bool = False
    holds_entry: bool = False
    exclusion_mode: str = "any_clean"
    exclusion_steps: tuple[int | None, ...] = ()
    anchored: tuple[int, ...] = ()

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """The steps as masks in their order: each anchored step alone, the free ones between two anchors together."""
        found: list[int] = []
        free = 0
        for step in range(self.steps):
            if step + 1 in self.anchored:
                found += [free, 1 << step] if free else [1 << step]
                free = 0
            else:
                free |= 1 << step
        return (*found, free) if free else tuple(found)

    def excludes(self, event: Event, step: int) -> bool:
        """Whether an event is an exclusion after the given number of reached steps (F10)."""
        return any(
            event.exclusions >> bit & 1 and after in (None, step)
            for bit, after in enumerate(self.exclusion_steps)
        )

    def exclusion_between(
        self, events: Sequence[Event], near: int, after: int, before: int, step: int
    ) -> int | None:
        """When the first exclusion event strictly between two instants happened (F10), looked for from `near` on."""
        if not self.exclusion_steps:
            return None
        for n in range(near, len(events)):
            event = events[n]
            if event.at >= before:
                return None
            if event.at > after and self.excludes(event, step):
                return event.at
        return None
