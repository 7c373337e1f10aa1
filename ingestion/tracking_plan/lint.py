"""Judges a tracking plan: what breaks numbers is an error, what a reviewer would ask about is a warning.

Knows: the plan's values and the people who may own it. Must not know: data.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingestion.declarations import nearest
from ingestion.tracking_plan.model import EventPlan, Plan

# object_verb_past, in lower case with underscores: report_published, teammate_invited
NAME_PATTERN = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)+$")


@dataclass(frozen=True)
class Finding:
    """One remark about the plan; `severity` is error or warning."""

    file: Path
    line: int
    severity: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.message}"


def lint(
    plan: Plan,
    people: Collection[str] = (),
    areas: Collection[str] = (),
    today: date | None = None,
) -> list[Finding]:
    """All findings, in file order. `people` and `areas` are known ids (empty: not checked)."""
    findings = [
        *_duplicate_names(plan),
        *_duplicate_aliases(plan),
        *_replacements(plan),
        *_patterns(plan),
        *_features(plan),
    ]
    for event in plan.events:
        findings.extend(_event(event, people, areas, today))
    return sorted(findings, key=lambda finding: (str(finding.file), finding.line, finding.rule))


def _event(
    event: EventPlan, people: Collection[str], areas: Collection[str], today: date | None
) -> Iterator[Finding]:
    if not event.description:
        yield _warn(
            event, "missing_description", f"`{event.name}` has no description; say what happened"
        )
    if not event.owner:
        yield _warn(
            event,
            "missing_owner",
            f"`{event.name}` has no owner; name the person who answers for it",
        )
    elif people and event.owner not in people:
        message = f"owner `{event.owner}` of `{event.name}` is not in people.yml; {nearest(event.owner, people)}"
        yield _error(event, "unknown_owner", message)
    if areas and event.area and event.area not in areas:
        message = f"area `{event.area}` of `{event.name}` is not in areas.yml; {nearest(event.area, areas)}"
        yield _error(event, "unknown_area", message)
    if not NAME_PATTERN.match(event.name):
        message = f"`{event.name}` is not `object_verb_past` in lower case, like report_published"
        yield _warn(event, "name_convention", message)
    if event.status == "deprecated" and not event.replacement:
        message = f"`{event.name}` is deprecated without a `replacement`"
        yield _warn(event, "no_replacement", message)
    if today and event.review_by and event.review_by < today:
        message = (
            f"`{event.name}` was to be reviewed by {event.review_by}; review it and move the date"
        )
        yield _warn(event, "review_overdue", message)


def _duplicate_names(plan: Plan) -> Iterator[Finding]:
    first: dict[str, EventPlan] = {}
    folded: dict[str, EventPlan] = {}
    for event in plan.events:
        if event.name in first:
            other = first[event.name]
            message = (
                f"`{event.name}` is already declared in {other.file.name}:{other.line}; keep one"
            )
            yield _error(event, "duplicate_event", message)
            continue
        plain = _plain(event.name)
        if plain in folded:
            message = (
                f"`{event.name}` is nearly `{folded[plain].name}`; make one an alias of the other"
            )
            yield _warn(event, "near_duplicate", message)
        first[event.name] = event
        folded.setdefault(plain, event)


def _duplicate_aliases(plan: Plan) -> Iterator[Finding]:
    claimed: dict[tuple[str, str], EventPlan] = {}
    names = {event.name: event for event in plan.events}
    for event in plan.events:
        for source, aliases in event.seen_as.items():
            for alias in aliases:
                holder = claimed.setdefault((source, alias), event)
                if holder is not event:
                    message = f"`{alias}` of {source} already means `{holder.name}` ({holder.file.name}:{holder.line})"
                    yield _error(event, "duplicate_alias", message)
                elif alias in names and names[alias].name != event.name:
                    message = (
                        f"`{alias}` is an event of its own; an alias cannot also be a planned name"
                    )
                    yield _error(event, "alias_is_event", message)


def _replacements(plan: Plan) -> Iterator[Finding]:
    by_name = {event.name: event for event in plan.events}
    for event in plan.events:
        if not event.replacement:
            continue
        if event.replacement not in by_name:
            message = f"replacement `{event.replacement}` of `{event.name}` is not in the plan; {nearest(event.replacement, by_name)}"
            yield _error(event, "unknown_replacement", message)
            continue
        seen = [event.name]
        follow: EventPlan | None = event
        while follow and follow.replacement:
            if follow.replacement in seen:
                if follow.replacement == event.name:
                    message = f"replacements go in a circle: {' -> '.join([*seen, event.name])}"
                    yield _error(event, "cyclic_replacement", message)
                break
            seen.append(follow.replacement)
            follow = by_name.get(follow.replacement)


def _patterns(plan: Plan) -> Iterator[Finding]:
    for event in plan.events:
        for prop in event.properties:
            if prop.pattern:
                try:
                    re.compile(prop.pattern)
                except re.error as error:
                    message = f"pattern of `{event.name}.{prop.name}` is not a regular expression: {error}"
                    yield _error(event, "bad_pattern", message)
            if (
                prop.minimum is not None
                and prop.maximum is not None
                and prop.minimum > prop.maximum
            ):
                message = f"`{event.name}.{prop.name}` has minimum {prop.minimum:g} above maximum {prop.maximum:g}"
                yield _error(event, "empty_range", message)


def _features(plan: Plan) -> Iterator[Finding]:
    known = {feature.feature for feature in plan.features}
    used: dict[str, list[EventPlan]] = defaultdict(list)
    for event in plan.events:
        if event.feature:
            used[event.feature].append(event)
        if known and event.feature and event.feature not in known:
            message = f"feature `{event.feature}` of `{event.name}` is not declared; {nearest(event.feature, known)}"
            yield _error(event, "unknown_feature", message)
    for feature in plan.features:
        if not any(event.value_event for event in used.get(feature.feature, ())):
            message = f"feature `{feature.feature}` has no event with `value_event: true`; its use cannot be counted"
            yield Finding(feature.file, feature.line, "warning", "feature_without_value", message)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that must be fixed before a build."""
    return [finding for finding in findings if finding.severity == "error"]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _error(event: EventPlan, rule: str, message: str) -> Finding:
    return Finding(event.file, event.line, "error", rule, message)


def _warn(event: EventPlan, rule: str, message: str) -> Finding:
    return Finding(event.file, event.line, "warning", rule, message)
