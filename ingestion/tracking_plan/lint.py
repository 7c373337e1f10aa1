"""Judges a tracking plan: what breaks numbers is an error, what a reviewer would ask about is a warning.

Knows: the plan's values and the people who may own it. Must not know: data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from ingestion.declarations import nearest
from ingestion.tracking_plan import lint_dates, lint_names, lint_properties, lint_sources
from ingestion.tracking_plan.finding import Finding, error, warning
from ingestion.tracking_plan.model import EventPlan, Plan


def lint(
    plan: Plan,
    people: Collection[str] = (),
    areas: Collection[str] = (),
    sources: Collection[str] = (),
    today: date | None = None,
    left: Mapping[str, date] | None = None,
) -> list[Finding]:
    """All findings, in file order. `people`, `areas` and `sources` are the known ones (empty: not checked).

    `left` gives the last day of those who have one; it and `today` add what only the calendar makes wrong.
    """
    findings = [
        *_duplicate_aliases(plan),
        *_replacements(plan),
        *_features(plan, people, areas),
        *_shared(plan),
        *lint_names.findings(plan),
        *lint_properties.findings(plan, sources),
        *lint_sources.findings(plan, sources),
    ]
    for event in plan.events:
        findings.extend(_event(event, people, areas))
        findings.extend(lint_dates.findings(event, today))
        findings.extend(_owner_left(event, left or {}, today))
    return sorted(findings, key=lambda finding: (str(finding.file), finding.line, finding.rule))


def _event(event: EventPlan, people: Collection[str], areas: Collection[str]) -> Iterator[Finding]:
    if not event.description:
        yield warning(
            event, "missing_description", f"`{event.name}` has no description; say what happened"
        )
    if not event.owner:
        yield warning(
            event,
            "missing_owner",
            f"`{event.name}` has no owner; name the person who answers for it",
        )
    elif people and event.owner not in people:
        message = f"owner `{event.owner}` of `{event.name}` is not in people.yml; {nearest(event.owner, people)}"
        yield error(event, "unknown_owner", message, "owner")
    if areas and event.area and event.area not in areas:
        message = f"area `{event.area}` of `{event.name}` is not in areas.yml; {nearest(event.area, areas)}"
        yield error(event, "unknown_area", message, "area")
    if event.status == "deprecated" and not event.replacement:
        message = f"`{event.name}` is deprecated without a `replacement`; name the event that is sent instead"
        yield warning(event, "no_replacement", message, "status")


def _duplicate_aliases(plan: Plan) -> Iterator[Finding]:
    claimed: dict[tuple[str, str], EventPlan] = {}
    names = {event.name: event for event in plan.events}
    for event in plan.events:
        for source, aliases in event.seen_as.items():
            for position, alias in enumerate(aliases):
                place = ("seen_as", source, str(position))
                holder = claimed.setdefault((source, alias), event)
                if holder is not event:
                    message = f"`{alias}` of {source} already means `{holder.name}` ({holder.file.name}:{holder.line}); keep it in one of them"
                    yield error(event, "duplicate_alias", message, *place)
                elif alias in names and alias != event.name:
                    message = f"`{alias}` is an event of its own; an alias cannot also be a planned name, so remove one of the two"
                    yield error(event, "alias_is_event", message, *place)


def _replacements(plan: Plan) -> Iterator[Finding]:
    by_name = {event.name: event for event in plan.events}
    for event in plan.events:
        if not event.replacement:
            continue
        if event.replacement not in by_name:
            message = f"replacement `{event.replacement}` of `{event.name}` is not in the plan; {nearest(event.replacement, by_name)}"
            yield error(event, "unknown_replacement", message, "replacement")
            continue
        seen = [event.name]
        follow: EventPlan | None = event
        while follow and follow.replacement:
            if follow.replacement in seen:
                if follow.replacement == event.name:
                    message = f"replacements go in a circle: {' -> '.join([*seen, event.name])}"
                    yield error(event, "cyclic_replacement", message, "replacement")
                break
            seen.append(follow.replacement)
            follow = by_name.get(follow.replacement)


def _shared(plan: Plan) -> Iterator[Finding]:
    taken = {prop.name for event in plan.events for prop in event.properties}
    for shared in plan.shared:
        if shared.property.name not in taken:
            message = f"no event takes the shared property `{shared.property.name}`; name it in one, or remove it"
            yield Finding(shared.file, shared.line, "warning", "unused_shared_property", message)


def _owner_left(
    event: EventPlan, left: Mapping[str, date], today: date | None
) -> Iterator[Finding]:
    last = left.get(event.owner)
    if today and last and last < today and event.status != "removed":
        message = (
            f"owner `{event.owner}` of `{event.name}` left on {last}; name somebody who is here"
        )
        yield warning(event, "owner_left", message, "owner")


def _features(plan: Plan, people: Collection[str], areas: Collection[str]) -> Iterator[Finding]:
    known = {feature.feature for feature in plan.features}
    used: dict[str, list[EventPlan]] = defaultdict(list)
    for event in plan.events:
        if event.feature:
            used[event.feature].append(event)
        if known and event.feature and event.feature not in known:
            message = f"feature `{event.feature}` of `{event.name}` is not declared; {nearest(event.feature, known)}"
            yield error(event, "unknown_feature", message, "feature")
    for feature in plan.features:
        for rule, key, value, ids, where in (
            ("unknown_owner", "owner", feature.owner, people, "people.yml"),
            ("unknown_area", "area", feature.area, areas, "areas.yml"),
        ):
            if ids and value and value not in ids:
                message = f"{key} `{value}` of feature `{feature.feature}` is not in {where}; {nearest(value, ids)}"
                yield Finding(feature.file, feature.line, "error", rule, message)
        if not any(event.value_event for event in used.get(feature.feature, ())):
            message = f"feature `{feature.feature}` has no event with `value_event: true`; its use cannot be counted"
            yield Finding(feature.file, feature.line, "warning", "feature_without_value", message)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that must be fixed before a build."""
    return [finding for finding in findings if finding.severity == "error"]
