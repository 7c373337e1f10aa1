"""Which events and properties a wrapper is written for, and what is said about them in words.

Knows: who sends what. Must not know: any language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ingestion.tracking_plan.model import EventPlan, Plan, PropertyPlan

WIDTH = 96


@dataclass(frozen=True)
class Chosen:
    """The events to write functions for, and the property that carries an event's version."""

    events: tuple[EventPlan, ...]
    version_property: str


def choose(plan: Plan, source: str | None = None, platform: str | None = None) -> Chosen:
    """Every event that may still be sent, as far as this source and platform send it.

    Without a source, what only some sources are asked for is optional.
    """
    events = (
        replace(event, properties=_asked(event, source, plan.version_property))
        for event in sorted(plan.events, key=lambda event: event.name)
        if event.status != "removed"
        and (platform is None or not event.platforms or platform in event.platforms)
    )
    return Chosen(tuple(events), plan.version_property)


def about_event(event: EventPlan) -> list[str]:
    """What a sender should know, a paragraph each."""
    said = [event.description or f"The event {event.name}."]
    if event.trigger:
        said.append(f"Send it when: {event.trigger}")
    status = "" if event.status == "live" else f" Status: {event.status}."
    owner = f"Owner: {event.owner}. " if event.owner else ""
    said.append(f"{owner}Version: {event.version}.{status}")
    return [plain(text) for text in said]


def deprecation(event: EventPlan) -> str | None:
    """Why it should not be sent any more and what to send instead, or None."""
    if event.status != "deprecated":
        return None
    since = f" from {event.deprecated_from}" if event.deprecated_from else ""
    instead = f"; send {event.replacement} instead" if event.replacement else ""
    return plain(f"{event.name} is deprecated{since}{instead}.")


def about_property(prop: PropertyPlan) -> str:
    """Its meaning and the limits that a type cannot say; empty when there is nothing to say."""
    said = [prop.description.rstrip(".")] if prop.description else []
    if prop.unit:
        said.append(f"in {prop.unit}")
    if prop.pattern:
        said.append(f"fits {prop.pattern}")
    if prop.minimum is not None:
        said.append(f"at least {prop.minimum:g}")
    if prop.maximum is not None:
        said.append(f"at most {prop.maximum:g}")
    if prop.pii != "none":
        said.append(f"personal data: {prop.pii}")
    return plain(", ".join(said) + ".") if said else ""


def distinct(values: Iterable[Any]) -> list[Any]:
    """Each value once; to Python 1 and true are the same, to the plan they are not."""
    return list({(type(value), value): value for value in values}.values())


def plain(text: str) -> str:
    """One line of text without anything invisible that could turn source code around."""
    seen = "".join(
        " " if letter.isspace() else letter
        for letter in text
        if letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return " ".join(seen.split())


def _asked(event: EventPlan, source: str | None, version_property: str) -> tuple[PropertyPlan, ...]:
    """Required ones first; the version is stamped, so nobody is asked for it."""
    asked = [
        replace(prop, required=prop.required and not (source is None and prop.sources))
        for prop in event.properties
        if prop.name != version_property
        and (source is None or not prop.sources or source in prop.sources)
    ]
    return tuple(sorted(asked, key=lambda prop: not prop.required))
