"""Names of a plan: the convention, near-duplicates, and keys that look as if they held personal data.

Knows: the audit of names, and what names mean the same. Must not know: data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ingestion.tracking_plan.finding import Finding, error, warning
from ingestion.tracking_plan.model import EventPlan, Plan
from ingestion.tracking_plan.naming import audit, audit_property, fold, looks_personal, suggest

SHOWN = 5


def findings(plan: Plan) -> Iterator[Finding]:
    """What the names of the plan get wrong."""
    yield from _events(plan)
    yield from _spellings_of_properties(plan)
    for event in plan.events:
        reasons = audit(event.name)
        if reasons:
            why = "; ".join(reason.message for reason in reasons)
            proposal = suggest(event.name)
            fix = f". Try `{proposal}`" if proposal != event.name else ""
            message = f"`{event.name}` is not `object_verb_past`: {why}{fix}"
            yield warning(event, "name_convention", message)
        yield from _properties(event)


def _events(plan: Plan) -> Iterator[Finding]:
    first: dict[str, EventPlan] = {}
    folded: dict[str, EventPlan] = {}
    for event in plan.events:
        if event.name in first:
            other = first[event.name]
            where = f"{other.file.name}:{other.line}"
            message = f"`{event.name}` is already declared in {where}; keep one"
            yield error(event, "duplicate_event", message)
            continue
        first[event.name] = event
        other = folded.setdefault(fold(event.name), event)
        if other is not event and event.replacement != other.name != event.name:
            message = f"`{event.name}` is nearly `{other.name}` ({other.file.name}:{other.line}); make one an alias of the other in `seen_as`"
            yield warning(event, "near_duplicate", message)


def _properties(event: EventPlan) -> Iterator[Finding]:
    wrong = [
        (prop.name, reasons) for prop in event.properties if (reasons := audit_property(prop.name))
    ]
    if wrong:
        name, reasons = wrong[0]
        shown = ", ".join(f"`{key}`" for key, _ in wrong[:SHOWN])
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        why = "; ".join(reason.message for reason in reasons)
        message = f"{shown}{more} of `{event.name}` break the naming of properties. `{name}`: {why}"
        yield warning(event, "property_name", message, "properties", name)
    held: dict[str, str] = {}
    for prop in event.properties:
        other = held.setdefault(fold(prop.name), prop.name)
        if other != prop.name:
            message = f"`{prop.name}` and `{other}` of `{event.name}` differ only in their spelling; keep one"
            yield warning(event, "near_duplicate_property", message, "properties", prop.name)
        looks = looks_personal(prop.name)
        if looks and prop.pii == "none" and prop.type != "boolean":
            message = f"`{event.name}.{prop.name}` looks like {looks}; say `pii: personal` (or another class), or rename it if it is not"
            yield warning(event, "undeclared_pii", message, "properties", prop.name)


def _spellings_of_properties(plan: Plan) -> Iterator[Finding]:
    """The same property of two events in two spellings or types cannot be asked for as one."""
    spellings: dict[str, dict[str, EventPlan]] = defaultdict(dict)
    types: dict[str, dict[str, EventPlan]] = defaultdict(dict)
    for event in plan.events:
        for prop in event.properties:
            spellings[fold(prop.name)].setdefault(prop.name, event)
            types[prop.name].setdefault(prop.type, event)
    for by_spelling in spellings.values():
        (known, holder), *others = by_spelling.items()
        for name, event in others:
            if event is not holder:
                message = f"`{name}` of `{event.name}` is `{known}` in `{holder.name}`; one spelling can be asked for as one property"
                yield warning(event, "near_duplicate_property", message, "properties", name)
    for name, by_type in types.items():
        (known, holder), *others = by_type.items()
        for kind, event in others:
            message = f"`{name}` is {kind} in `{event.name}` and {known} in `{holder.name}`; share one definition under the top-level `properties`"
            yield warning(event, "property_type_differs", message, "properties", name)
