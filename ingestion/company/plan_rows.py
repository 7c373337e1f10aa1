"""The tracking plan as rows of the raw tables `company.plan_*`.

Knows: columns of those tables. Must not know: their types, YAML.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ingestion.tracking_plan.forms import ANY_SOURCE
from ingestion.tracking_plan.model import CountedFrom, EventPlan, Plan, PropertyPlan

Row = dict[str, Any]


def plan_rows(plan: Plan) -> dict[str, list[Row]]:
    """Rows by table; an `event_name` of null is the default of events that say nothing."""
    return {
        "plan_events": [_event(event) for event in plan.events],
        "plan_aliases": [
            {"event_name": event.name, "source": source, "seen_as": alias}
            for event in plan.events
            for source, alias in _spellings(event)
        ],
        "plan_properties": [
            _property(event.name, prop) for event in plan.events for prop in event.properties
        ],
        "plan_rules": [
            {"event_name": name, "rule": rule, "mode": mode}
            for name, rules in [(None, plan.rules), *((e.name, e.rules) for e in plan.events)]
            for rule, mode in rules.items()
        ],
        "plan_counted_from": [
            *_counted_from(None, plan.counted_from),
            *(
                row
                for event in plan.events
                for row in _counted_from(event.name, event.counted_from)
            ),
        ],
        "plan_meta": [{"version_property": plan.version_property}],
    }


def _event(event: EventPlan) -> Row:
    return {
        "event_name": event.name,
        "description": event.description,
        "trigger": event.trigger or None,
        "question": event.question,
        "owner": event.owner or None,
        "area": event.area or None,
        "feature": event.feature or None,
        "status": event.status,
        "counts_as_active": event.counts_as_active,
        "value_event": event.value_event,
        "version": event.version,
        "planned_for": event.planned_for,
        "live_from": event.live_from,
        "deprecated_from": event.deprecated_from,
        "removed_from": event.removed_from,
        "review_by": event.review_by,
        "platforms": _list(event.platforms),
        "replacement": event.replacement or None,
    }


def _spellings(event: EventPlan) -> Iterator[tuple[str, str]]:
    """Each (source, name) once; its own name is seen in any source."""
    written = [(ANY_SOURCE, event.name)]
    written += [(source, alias) for source, names in event.seen_as.items() for alias in names]
    yield from dict.fromkeys(written)


def _property(event_name: str, prop: PropertyPlan) -> Row:
    return {
        "event_name": event_name,
        "property": prop.name,
        "type": prop.type,
        "is_required": prop.required,
        "allowed": _list(prop.allowed),
        "pattern": prop.pattern,
        "minimum": prop.minimum,
        "maximum": prop.maximum,
        "unit": prop.unit or None,
        "is_nullable": prop.nullable,
        "is_cast": prop.cast,
        "sources": _list(prop.sources),
        "pii_class": prop.pii,
        "is_shared": prop.is_shared,
        "description": prop.description or None,
    }


def _counted_from(event_name: str | None, declared: CountedFrom | None) -> Iterator[Row]:
    if declared is None:
        return
    for position, period in enumerate(declared.periods, 1):
        yield {
            "event_name": event_name,
            "kind": declared.kind,
            "property": declared.property or None,
            "source": period.source,
            "from_date": period.from_date,
            "to_date": period.to_date,
            "position": position,
        }


def _list(values: Iterable[Any]) -> str | None:
    """A JSON list; null where nothing is declared."""
    values = list(values)
    return json.dumps(values, default=str, ensure_ascii=False) if values else None
