"""Which events something takes, and what takes them.

Knows names and flags of events. Must not know models, questions or data.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """One event as far as it decides what takes it; `names` holds its spellings too."""

    name: str
    names: frozenset[str]
    is_active: bool
    is_value: bool
    feature: str | None = None


@dataclass(frozen=True)
class Taking:
    """Events that have one of the names (none = any name) and all of the flags."""

    names: frozenset[str] | None = None
    flags: frozenset[str] = frozenset()

    def takes(self, event: Event) -> bool:
        """Whether the event is one of them."""
        return (
            (self.names is None or bool(self.names & event.names))
            and ("active" not in self.flags or event.is_active)
            and ("value" not in self.flags or event.is_value)
        )

    def narrowed(self, other: Taking) -> Taking:
        """The events that both take."""
        names = (
            other.names
            if self.names is None
            else self.names
            if other.names is None
            else self.names & other.names
        )
        return Taking(names, self.flags | other.flags)

    @property
    def words(self) -> str:
        """Which events, for a person."""
        if self.names is not None:
            return f"{len(self.names)} named event{'' if len(self.names) == 1 else 's'}"
        if "value" in self.flags:
            return "value events"
        return "events that count as active" if "active" in self.flags else "every event"


EVERY = Taking()


@dataclass(frozen=True)
class Use:
    """One thing that takes an event."""

    kind: str
    name: str
    label: str
    owner: str | None
    how: str
    takings: frozenset[Taking] = field(default=frozenset())
