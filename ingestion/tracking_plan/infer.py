"""What a plan would say of a property, told by the values that arrived: type, required, allowed values, personal data.

Knows: counts of values by kind. Must not know: where they were counted, or how a plan is written. Ranges are not
guessed: the largest value so far is no limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingestion.tracking_plan.naming import looks_personal

MOSTLY = 0.99  # a type that so many values have is the type; the others are told
SURE = 20  # events that must have carried the key, all of them, before it is proposed as required
ENUM_VALUES, ENUM_EVENTS, ENUM_REPEATS, ENUM_LENGTH = 20, 50, 10, 64
RARE = 0.01
KEYS = 100  # of one event that are listed
KEYS_IN_PATTERN = 20
KEY_LENGTH = 200  # a longer key is a text that went astray


@dataclass(frozen=True)
class KeySeen:
    """One key of one event: how many of the events looked at carry a value, and of which kind."""

    key: str
    events: int
    texts: int = 0
    whole: int = 0
    fractions: int = 0
    booleans: int = 0
    lists: int = 0
    objects: int = 0
    # Of the texts: those that read as a time, a whole number, any number, true or false; with an address; long.
    times: int = 0
    whole_texts: int = 0
    number_texts: int = 0
    boolean_texts: int = 0
    addresses: int = 0
    long_texts: int = 0
    # Each value with its count, where there are few.
    values: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class KeyPattern:
    """Keys that differ by an id only."""

    pattern: str
    keys: int
    events: int


@dataclass(frozen=True)
class DraftProperty:
    """An entry of a plan, with what a reader should know of it."""

    name: str
    entry: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class DraftProperties:
    """The properties of one event, and what was left out of them."""

    properties: tuple[DraftProperty, ...] = ()
    notes: tuple[str, ...] = ()


def properties(
    keys: Sequence[KeySeen], patterns: Sequence[KeyPattern], events: int, distinct_keys: int
) -> DraftProperties:
    """The properties of an event of which so many events were looked at; what hides ids is told and not listed."""
    by_use = sorted(keys, key=lambda seen: (-seen.events, seen.key))
    listed = [seen for seen in by_use if len(seen.key) <= KEY_LENGTH][:KEYS]
    notes = [
        f"{pattern.keys} keys like `{pattern.pattern}` on {pattern.events} events: send one list or object instead"
        for pattern in patterns
    ]
    hidden = distinct_keys - sum(pattern.keys for pattern in patterns) - len(listed)
    if hidden > 0:
        top = ", ".join(f"`{seen.key[:40]}`" for seen in listed[:5])
        notes.append(
            f"{hidden} more keys, rare or longer than {KEY_LENGTH} characters; most used are {top}"
        )
    return DraftProperties(
        tuple(property_of(seen, events) for seen in sorted(listed, key=lambda seen: seen.key)),
        tuple(notes),
    )


def property_of(seen: KeySeen, events: int) -> DraftProperty:
    """The entry of one key."""
    kind, notes = _type(seen)
    entry: dict[str, Any] = {"type": kind}
    if seen.events == events and events >= SURE:
        entry["required"] = True
    elif seen.events >= MOSTLY * events:
        notes.append(f"on {seen.events / events:.1%} of the events")
    if _casts(seen, kind):
        entry["cast"] = True
    personal = looks_personal(seen.key)
    if seen.addresses:
        entry["pii"] = "personal"
        notes.append("holds addresses of people")
    elif personal and kind != "boolean":
        entry["pii"] = "personal"
        notes.append(f"looks like {personal}")
    elif seen.long_texts > seen.texts / 2:
        entry["pii"] = "free_text"
    elif kind == "string" and _is_enum(seen):
        entry["allowed"] = sorted(value for value, _ in seen.values)
        rare = [f"`{value}` {count}" for value, count in seen.values if count < RARE * seen.texts]
        if rare:
            notes.append(f"seldom: {', '.join(rare)} of {seen.texts}")
    elif kind == "string" and seen.texts == seen.number_texts:
        notes.append(
            "every value reads as a number; write a number type with `cast: true` if it is a quantity"
        )
    return DraftProperty(seen.key, entry, "; ".join(notes))


def _type(seen: KeySeen) -> tuple[str, list[str]]:
    kinds = {
        "string": seen.texts,
        "number": seen.whole + seen.fractions,
        "boolean": seen.booleans,
        "list": seen.lists,
        "object": seen.objects,
    }
    present = {kind: count for kind, count in kinds.items() if count}
    total = sum(present.values())
    if not total:
        return "any", ["never has a value"]
    notes: list[str] = []
    kind, most = max(present.items(), key=lambda item: item[1])
    if len(present) > 1:
        told = ", ".join(
            f"{count} {name}" for name, count in sorted(present.items(), key=_by_count)
        )
        if present.keys() == {"string", "number"} and seen.texts == seen.number_texts:
            kind = "number"
            notes.append(f"{seen.texts} of {total} are numbers written as text")
        elif present.keys() == {"string", "boolean"} and seen.texts == seen.boolean_texts:
            kind = "boolean"
            notes.append(f"{seen.texts} of {total} are true or false written as text")
        elif most >= MOSTLY * total:
            notes.append(f"of several types: {told}")
        else:
            return "any", [f"of several types: {told}"]
    if kind == "string" and seen.texts == seen.times:
        kind = "timestamp"
    if kind == "number" and not seen.fractions and seen.number_texts == seen.whole_texts:
        kind = "integer"
    return kind, notes


def _casts(seen: KeySeen, kind: str) -> bool:
    """Are the texts among the values of the type too, once they are read?"""
    read = {
        "integer": seen.number_texts,
        "number": seen.number_texts,
        "boolean": seen.boolean_texts,
    }
    return bool(seen.texts) and read.get(kind) == seen.texts


def _is_enum(seen: KeySeen) -> bool:
    return (
        0 < len(seen.values) <= ENUM_VALUES
        and seen.events >= max(ENUM_EVENTS, ENUM_REPEATS * len(seen.values))
        and all(len(value) <= ENUM_LENGTH for value, _ in seen.values)
        and sum(count for _, count in seen.values) == seen.texts
    )


def _by_count(item: tuple[str, int]) -> int:
    return -item[1]
