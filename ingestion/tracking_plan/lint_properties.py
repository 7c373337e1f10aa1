"""What an event says of its properties.

Knows: types and what fits them. Must not know: data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ingestion.declarations import nearest
from ingestion.tracking_plan.finding import Finding, error, warning
from ingestion.tracking_plan.model import EventPlan, Plan, PropertyPlan

NUMERIC = ("integer", "number")


def findings(plan: Plan, sources: Collection[str]) -> Iterator[Finding]:
    """What the plan says wrongly of properties. `sources` are the known ones (empty: not checked)."""
    bad = _bad_patterns({prop.pattern for event in plan.events for prop in event.properties})
    for event in plan.events:
        yield from _event(event, sources, bad)


def _bad_patterns(patterns: Collection[str | None]) -> dict[str, str]:
    """Those that the warehouse does not take, and why: its dialect has no look-around and no back-references."""
    given = sorted(pattern for pattern in patterns if pattern)
    if not given:
        return {}
    import duckdb

    bad = {}
    with duckdb.connect() as connection:
        for pattern in given:
            try:
                connection.execute("select regexp_full_match('', $1)", [pattern])
            except duckdb.Error as error:
                bad[pattern] = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
    return bad


def _event(event: EventPlan, sources: Collection[str], bad: Mapping[str, str]) -> Iterator[Finding]:
    for prop in event.properties:
        yield from _limits(event, prop, bad)
        yield from _values(event, prop)
        if prop.required and prop.nullable:
            message = f"`{event.name}.{prop.name}` is required, yet may be null; a null says nothing, so drop one of the two"
            yield warning(event, "required_nullable", message, "properties", prop.name, "nullable")
        for source in prop.sources:
            if sources and source not in sources:
                message = f"source `{source}` of `{event.name}.{prop.name}` is not a source; {nearest(source, sources)}"
                yield error(event, "unknown_source", message, "properties", prop.name, "sources")


def _limits(event: EventPlan, prop: PropertyPlan, bad: Mapping[str, str]) -> Iterator[Finding]:
    place = ("properties", prop.name)
    name = f"{event.name}.{prop.name}"
    if prop.pattern:
        if prop.pattern in bad:
            message = f"pattern of `{name}` is not a regular expression of the warehouse (RE2): {bad[prop.pattern]}"
            yield error(event, "bad_pattern", message, *place, "pattern")
        if prop.type not in ("string", "any"):
            message = f"`{name}` is {prop.type}; a `pattern` is for type string"
            yield error(event, "limit_of_other_type", message, *place, "pattern")
    for limit in ("minimum", "maximum"):
        if getattr(prop, limit) is not None and prop.type not in (*NUMERIC, "any"):
            message = f"`{name}` is {prop.type}; a `{limit}` is for integer or number"
            yield error(event, "limit_of_other_type", message, *place, limit)
    if prop.minimum is not None and prop.maximum is not None and prop.minimum > prop.maximum:
        message = f"`{name}` has minimum {prop.minimum:g} above maximum {prop.maximum:g}"
        yield error(event, "empty_range", message, *place, "minimum")


def _values(event: EventPlan, prop: PropertyPlan) -> Iterator[Finding]:
    for position, value in enumerate(prop.allowed):
        place = ("properties", prop.name, "allowed", str(position))
        if not _is_of(prop.type, value):
            message = f"`{value}` in `allowed` of `{event.name}.{prop.name}` is not {_said(prop.type)}; it could never be seen"
            if prop.type == "string":
                message += f'. Write "{value}" in quotes'
            yield error(event, "allowed_of_other_type", message, *place)
        if any(other == value and type(other) is type(value) for other in prop.allowed[:position]):
            message = f"`{value}` stands twice in `allowed` of `{event.name}.{prop.name}`"
            yield warning(event, "allowed_twice", message, *place)


def _is_of(kind: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _said(kind: str) -> str:
    return {"string": "text", "boolean": "true or false", "integer": "a whole number"}.get(
        kind, f"a {kind}"
    )
