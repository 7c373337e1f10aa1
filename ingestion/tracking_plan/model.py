"""The tracking plan as values: events, their properties, and the names that tools give them.

Must not know: YAML (reading), what the events did (dbt), or whether the plan is wise (lint).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.tracking_plan.forms import DEFAULT_VERSION_PROPERTY


@dataclass(frozen=True)
class PropertyPlan:
    """One property of an event; `sources` empty means all of them, `is_shared` that its definition is shared."""

    name: str
    type: str
    required: bool = False
    nullable: bool = True
    allowed: tuple[Any, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    cast: bool = False
    sources: tuple[str, ...] = ()
    pii: str = "none"
    description: str = ""
    is_shared: bool = False


@dataclass(frozen=True)
class SourcePeriod:
    """A source and the days [from_date, to_date) in the reporting zone on which it counts."""

    source: str
    from_date: date | None = None
    to_date: date | None = None


@dataclass(frozen=True)
class CountedFrom:
    """Which of several sources of the same event counts.

    `one_of`: on each day only the source of its period. `match`: events with the same value of `property` are one, and
    the source that comes first in `periods` is the one that counts.
    """

    kind: str
    file: Path
    line: int
    periods: tuple[SourcePeriod, ...]
    property: str = ""


@dataclass(frozen=True)
class EventPlan:
    """One event, with the place where it is declared."""

    name: str
    file: Path
    line: int
    description: str = ""
    trigger: str = ""
    question: str = ""
    owner: str = ""
    area: str = ""
    feature: str = ""
    status: str = "live"
    planned_for: date | None = None
    live_from: date | None = None
    deprecated_from: date | None = None
    removed_from: date | None = None
    review_by: date | None = None
    counts_as_active: bool = True
    value_event: bool = False
    version: str = "1.0.0"
    platforms: tuple[str, ...] = ()
    replacement: str = ""
    properties: tuple[PropertyPlan, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    counted_from: CountedFrom | None = None
    seen_as: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Lines of what stands below the name, by keys: ("properties", "plan", "pattern").
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict, compare=False, repr=False)

    def line_of(self, *keys: str) -> int:
        """The line of a key of this event, or of the nearest thing around it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, self.line)


@dataclass(frozen=True)
class FeaturePlan:
    feature: str
    name: str
    file: Path
    line: int
    area: str = ""
    owner: str = ""
    description: str = ""


@dataclass(frozen=True)
class SharedProperty:
    """A definition that events take by writing the property's name alone."""

    property: PropertyPlan
    file: Path
    line: int


@dataclass(frozen=True)
class Plan:
    """All files together; `rules` and `counted_from` are the defaults of events that say nothing."""

    events: tuple[EventPlan, ...] = ()
    features: tuple[FeaturePlan, ...] = ()
    shared: tuple[SharedProperty, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    counted_from: CountedFrom | None = None
    version_property: str = DEFAULT_VERSION_PROPERTY

    @property
    def is_empty(self) -> bool:
        return not self.events
