"""Finds events that were renamed: one name stops, another starts the same day, and the rest stays as it was (case 85).

Knows: what was counted of both names around that day. Must not know: where it was counted. It proposes; `seen_as` of the
plan confirms, and both names stay visible.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

DAYS = 28  # that are compared on either side
EVENTS = 15  # on either side; fewer say nothing
RATE = 2.0  # the new name comes at most so much more or less often
KEYS, ACTORS = 0.5, 0.2  # shares that both must have in common
# An act that everybody does once (a sign-up) has no actor before and after.
ONCE = 1.2


@dataclass(frozen=True)
class Candidate:
    """Two names of one source: the old one was seen last, and the new one first, about the same day."""

    source: str
    project: str
    old: str
    new: str
    old_event: str
    new_event: str
    last_day: date
    first_day: date
    old_events: int
    new_events: int
    old_keys: frozenset[str]
    new_keys: frozenset[str]
    old_actors: int
    new_actors: int
    common_actors: int

    @property
    def key_overlap(self) -> float:
        """Keys that both carry among the keys that either carries; names without keys have them in common."""
        either = self.old_keys | self.new_keys
        return len(self.old_keys & self.new_keys) / len(either) if either else 1.0

    @property
    def actor_overlap(self) -> float:
        return self.common_actors / max(min(self.old_actors, self.new_actors), 1)

    @property
    def is_confirmed(self) -> bool:
        """The plan says already that both are one event."""
        return self.old_event == self.new_event

    def as_dict(self) -> dict[str, object]:
        """The evidence, for a person and for JSON."""
        return {
            "source": self.source,
            "project": self.project,
            "old": self.old,
            "new": self.new,
            "event": self.old_event,
            "confirmed": self.is_confirmed,
            "last_day": self.last_day.isoformat(),
            "first_day": self.first_day.isoformat(),
            "daily_before": round(self.old_events / DAYS, 2),
            "daily_after": round(self.new_events / DAYS, 2),
            "key_overlap": round(self.key_overlap, 3),
            "actor_overlap": round(self.actor_overlap, 3),
        }


def evidence(found: Candidate) -> str:
    """One sentence."""
    return (
        f"`{found.old}` of {found.source}/{found.project} was last seen on {found.last_day}, `{found.new}` first on"
        f" {found.first_day}; {found.old_events / DAYS:.1f} events a day before, {found.new_events / DAYS:.1f} after;"
        f" {found.key_overlap:.0%} of the keys and {found.actor_overlap:.0%} of the actors in common"
    )


def renames(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those that are most probably one event, each name in one pair at most, the likeliest first."""
    likely = sorted(
        (one for one in candidates if _is_likely(one)),
        key=lambda one: (-one.key_overlap - one.actor_overlap, one.old, one.new),
    )
    used: set[tuple[str, str, str]] = set()
    found = []
    for one in likely:
        both = {(one.source, one.project, one.old), (one.source, one.project, one.new)}
        if not both & used:
            used |= both
            found.append(one)
    return found


def _is_likely(one: Candidate) -> bool:
    if min(one.old_events, one.new_events) < EVENTS:
        return False
    if not 1 / RATE <= one.new_events / one.old_events <= RATE or one.key_overlap < KEYS:
        return False
    is_once = one.old_events <= ONCE * one.old_actors and one.new_events <= ONCE * one.new_actors
    return is_once or one.actor_overlap >= ACTORS
