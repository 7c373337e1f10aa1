"""What changed between two declarations of an event, and which step of its version each change demands.

Knows: what breaks those who send an event or count on it. Must not know: whether the version moved (versions.py).

major: what was sent before no longer fits, or means something else. minor: all that was sent before still fits.
patch: words, people and dates. What the product does with an event (modes, sources that count) is no promise of its
sender, so it never demands more than minor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.tracking_plan.model import CountedFrom, EventPlan, PropertyPlan

MAJOR, MINOR, PATCH = "major", "minor", "patch"
# Every value of the first is a value of the second.
WIDER = {("integer", "number"), ("timestamp", "string")}
# From, to: what a change of status demands; every other is minor.
STATUS = {
    ("planned", "live"): PATCH,
    ("live", "planned"): MAJOR,
    ("planned", "removed"): PATCH,
    ("live", "removed"): MAJOR,
    ("deprecated", "removed"): MAJOR,
}


@dataclass(frozen=True)
class Change:
    """One difference, at the line where it can be seen."""

    kind: str
    demands: str
    what: str
    file: Path
    line: int
    property: str = ""


def changes(before: EventPlan, after: EventPlan) -> list[Change]:
    """Every difference between two declarations of one event, but for its version."""
    found = [
        *_meaning(before, after),
        *_spellings(before, after),
        *_properties(before, after),
        *_words(before, after),
    ]
    return sorted(found, key=lambda change: change.line)


def counted_from(counted: CountedFrom | None) -> tuple[object, ...]:
    """What is declared, without the place where it stands."""
    return () if counted is None else (counted.kind, counted.property, counted.periods)


def _meaning(before: EventPlan, after: EventPlan) -> Iterator[Change]:
    def change(kind: str, demands: str, what: str) -> Change:
        return Change(kind, demands, what, after.file, after.line_of(kind))

    if before.status != after.status:
        demands = STATUS.get((before.status, after.status), MINOR)
        yield change("status", demands, f"is {after.status} and was {before.status}")
    if before.counts_as_active != after.counts_as_active:
        now = "now makes a person active" if after.counts_as_active else "no longer makes one"
        what = f"{now}; the active users of all periods change"
        yield change("counts_as_active", MAJOR, what)
    if before.value_event != after.value_event:
        now = "is now" if after.value_event else "is no longer"
        yield change("value_event", MAJOR, f"{now} the value of its feature; its use changes")
    for key in ("trigger", "feature", "area", "platforms"):
        was, now = getattr(before, key), getattr(after, key)
        if was != now:  # said for the first time, it changes nothing
            yield change(key, MINOR if was else PATCH, f"`{key}` {_from_to(was, now)}")
    if counted_from(before.counted_from) != counted_from(after.counted_from):
        yield change("counted_from", MINOR, "another source counts, so its numbers can change")
    for rule in sorted({*before.rules, *after.rules}):
        was, now = before.rules.get(rule, ""), after.rules.get(rule, "")
        if was != now:
            demands = MINOR if "quarantine" in (was, now) else PATCH
            yield Change(
                "rules", demands, f"mode of `{rule}` {_from_to(was, now)}", after.file, after.line_of("rules", rule)
            )  # fmt: skip


def _spellings(before: EventPlan, after: EventPlan) -> Iterator[Change]:
    was = {(source, name) for source, names in before.seen_as.items() for name in names}
    now = {(source, name) for source, names in after.seen_as.items() for name in names}
    for source, name in sorted(now - was):
        what = f"`{name}` of {source} is now seen as it"
        yield Change("seen_as_added", MINOR, what, after.file, after.line_of("seen_as", source))
    for source, name in sorted(was - now):
        what = f"`{name}` of {source} is no longer seen as it; what arrives under that name is not counted"
        yield Change("seen_as_removed", MAJOR, what, after.file, after.line_of("seen_as", source))


def _properties(before: EventPlan, after: EventPlan) -> Iterator[Change]:
    was = {prop.name: prop for prop in before.properties}
    now = {prop.name: prop for prop in after.properties}
    for name in was.keys() - now.keys():
        line = after.line_of("properties")
        yield Change(
            "property_removed", MAJOR, f"property `{name}` is gone", after.file, line, name
        )
    for name, prop in now.items():
        line = after.line_of("properties", name)
        if name not in was:
            kind, demands = "property_added", MINOR
            if prop.required:
                kind, demands = "required_property_added", MAJOR
            what = f"{'required ' if prop.required else ''}property `{name}` is new"
            yield Change(kind, demands, what, after.file, line, name)
            continue
        for kind, demands, what in _property(was[name], prop):
            yield Change(kind, demands, f"`{name}`: {what}", after.file, line, name)


Found = tuple[str, str, str]


def _property(was: PropertyPlan, now: PropertyPlan) -> Iterator[Found]:
    if was.type != now.type:
        wider = now.type == "any" or (was.type, now.type) in WIDER
        kind = "type_widened" if wider else "type_narrowed"
        yield kind, MINOR if wider else MAJOR, f"type {was.type} is now {now.type}"
    yield from _switch("required", "is required now", "is optional now", now.required, was.required)
    if was.nullable != now.nullable and was.required == now.required:
        yield from _switch(
            "nullable", "may no longer be null", "may be null", was.nullable, now.nullable
        )
    yield from _switch("cast", "text is no longer taken for it", "text is taken for it", was.cast, now.cast)  # fmt: skip
    yield from _allowed(was.allowed, now.allowed)
    if was.pattern != now.pattern:
        # Whether one expression takes all that another takes cannot be told.
        demands = MINOR if now.pattern is None else MAJOR
        kind = "pattern_removed" if now.pattern is None else "pattern_changed"
        yield kind, demands, f"pattern {_from_to(was.pattern, now.pattern)}"
    yield from _limit("minimum", was.minimum, now.minimum, 1)
    yield from _limit("maximum", was.maximum, now.maximum, -1)
    if was.sources != now.sources:
        more = not now.sources or (was.sources and set(now.sources) - set(was.sources))
        demands = MAJOR if more and now.required else MINOR
        what = f"is asked of {_listed(now.sources) or 'all sources'} and was of {_listed(was.sources) or 'all'}"
        yield "sources", demands, what
    if was.unit != now.unit:
        changed = was.unit and now.unit
        yield "unit", MAJOR if changed else PATCH, f"unit {_from_to(was.unit, now.unit)}"
    if was.pii != now.pii:
        yield "pii", MINOR, f"pii {_from_to(was.pii, now.pii)}"
    if was.description != now.description:
        yield "description", PATCH, "is described anew"


def _switch(
    kind: str, narrows: str, widens: str, narrow_if: bool, wide_if: bool
) -> Iterator[Found]:
    if narrow_if and not wide_if:
        yield f"{kind}_narrowed", MAJOR, narrows
    elif wide_if and not narrow_if:
        yield f"{kind}_widened", MINOR, widens


def _allowed(was: tuple[Any, ...], now: tuple[Any, ...]) -> Iterator[Found]:
    if not was and now:
        yield "allowed_introduced", MAJOR, f"only {_listed(now)} are allowed now"
        return
    if was and not now:
        yield "allowed_lifted", MINOR, "every value is allowed now"
        return
    for value in _without(was, now):
        yield "value_removed", MAJOR, f"value `{value}` is no longer allowed"
    for value in _without(now, was):
        yield "value_added", MINOR, f"value `{value}` is allowed now"


def _limit(key: str, was: float | None, now: float | None, sign: int) -> Iterator[Found]:
    if was == now:
        return
    narrower = now is not None and (was is None or sign * now > sign * was)
    kind = "range_narrowed" if narrower else "range_widened"
    yield kind, MAJOR if narrower else MINOR, f"{key} {_from_to(was, now)}"


def _words(before: EventPlan, after: EventPlan) -> Iterator[Change]:
    words = ("description", "question")
    for key in (*words, "owner", "planned_for", "live_from", "deprecated_from", "removed_from", "review_by", "replacement"):  # fmt: skip
        was, now = getattr(before, key), getattr(after, key)
        if was != now:
            what = "is worded anew" if key in words else _from_to(was, now)
            yield Change(key, PATCH, f"`{key}` {what}", after.file, after.line_of(key))


def _without(values: tuple[Any, ...], others: tuple[Any, ...]) -> list[Any]:
    """Those that are not among the others; 1 and true differ."""
    held = {(type(other), str(other)) for other in others}
    return [value for value in values if (type(value), str(value)) not in held]


def _from_to(was: Any, now: Any) -> str:
    if was in (None, "", ()):
        return f"is now {_listed(now)}"
    if now in (None, "", ()):
        return f"is no longer {_listed(was)}"
    return f"is now {_listed(now)} and was {_listed(was)}"


def _listed(value: Any) -> str:
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(f"`{item}`" for item in value)
    return f"{value:g}" if isinstance(value, float) else f"`{value}`"
