"""Blast radius: what a broken rule or a change of the plan touches, and how wrong each thing can be for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue import load
from dashboards.engine.asked_days import asked_days
from dashboards.engine.event_facts import prepare
from dashboards.engine.event_takings import Event, Use
from dashboards.engine.event_uses import KINDS, EventUses, question_use
from dashboards.engine.scope import Result, Scope

# What becomes of the event in the plan; none is a change of what is sent, which touches all that takes it.
CHANGES: dict[str, dict[str, Any]] = {
    "not_active": {"is_active": False},
    "made_active": {"is_active": True},
    "not_value": {"is_value": False},
    "made_value": {"is_value": True},
    "removed": {},
    "renamed": {},
    "property_changed": {},
}


def answer(scope: Scope) -> Result:
    """One row per thing that is touched, the most visible kind first, then the largest possible error."""
    names = scope.params["event"].names
    if len(names) != 1:
        raise BadParameter("`event` of a blast radius is one event")
    change, prop, rule = (scope.params[name] for name in ("change", "property", "rule"))
    if change and rule:
        raise BadParameter(
            "a blast radius starts from a broken `rule` or from a `change`, not both"
        )
    first, until = asked_days(scope)
    prepare(scope, [], first, until)
    uses = EventUses(scope)
    event = uses.event(names[0])
    own = _count(scope, event.name)
    affected = own if change else _violating(scope, event.name, prop, rule)
    touched = _touched(scope, uses, event, change)
    inputs = uses.input_events(touched)
    rows = [_row(use, affected, inputs[use], own, change) for use in touched]
    rows.sort(key=lambda row: (KINDS.index(row["kind"]), -(row["possible_error"] or 0.0), row["label"]))  # fmt: skip
    if prop:
        scope.caveat(
            f"Where nothing filters, groups or matches by {prop[:60]}, the count itself stays right; the share says how much could be wrong."
        )
    return Result(
        rows,
        {
            "event": event.name,
            "events": own,
            "affected_events": affected,
            "touched": {kind: n for kind in KINDS if (n := sum(r["kind"] == kind for r in rows))},
            "largest_possible_error": max((r["possible_error"] or 0.0 for r in rows), default=0.0),
        },
    )


def _count(scope: Scope, event: str) -> int:
    rows = scope.run(
        "select coalesce(sum(events), 0)::bigint as events from event_slices where event_name = $event",
        {"event": event},
    )
    return int(rows[0]["events"])


def _violating(scope: Scope, event: str, prop: str | None, rule: str | None) -> int:
    """Events that break a rule aloud; those of several rules are counted once, as far as the days tell."""
    return int(
        scope.run(
            """
            with broken as (
                select local_date, source, project, sum(events) as events
                from event_breaks
                where event_name = $event and is_loud
                    and ($property::varchar is null or property = $property)
                    and ($rule::varchar is null or rule = $rule)
                group by all
            ),

            slices as (
                select local_date, source, project, sum(flagged_events) as violating
                from event_slices
                where event_name = $event
                group by all
            )

            select coalesce(sum(least(broken.events, slices.violating)), 0)::bigint as events
            from broken
            inner join slices
                on broken.local_date = slices.local_date
                and broken.source = slices.source and broken.project = slices.project
            """,
            {"event": event, "property": prop, "rule": rule},
        )[0]["events"]
    )


def _touched(scope: Scope, uses: EventUses, event: Event, change: str | None) -> list[Use]:
    """All that takes the event; for a change of its standing only what takes it before and not after, or the reverse."""
    asked = _asked_by_name(scope, event)
    after = replace(event, **CHANGES.get(change or "", {}))
    if after == event:
        if change and CHANGES[change]:
            scope.caveat(f"The plan says so already: {event.name[:60]} would not change.")
            return []
        found = uses.of(event)
        known = {use.name for use in found}
        return found + [use for use in asked if use.name not in known]
    before_uses = {(use.kind, use.name): use for use in uses.of(event)}
    after_uses = {(use.kind, use.name): use for use in uses.of(after)}
    return [
        before_uses.get(key) or after_uses[key]
        for key in {**before_uses, **after_uses}
        if _takings(before_uses, key) != _takings(after_uses, key)
    ]


def _takings(found: dict[tuple[str, str], Use], key: tuple[str, str]) -> frozenset[Any]:
    return found[key].takings if key in found else frozenset()


def _asked_by_name(scope: Scope, event: Event) -> list[Use]:
    if not scope.published.has("marts.fct_question_subjects"):
        return []
    rows = scope.run(
        """
        select question, max(asked_at) as last_asked_at
        from marts.fct_question_subjects
        where kind = 'event' and name = $event and is_interactive and asked_at < $as_of
        group by all
        order by question
        """,
        {"event": event.name, "as_of": scope.as_of},
    )
    questions = load().questions
    return [
        question_use(questions[row["question"]], event, "people asked it about this event")
        for row in rows
        if row["question"] in questions and questions[row["question"]].area != "trust"
    ]


def _row(use: Use, affected: int, inputs: int, own: int, change: str | None) -> dict[str, Any]:
    # What a change lets in is not among the input yet.
    whole = max(inputs, own) if change not in ("made_active", "made_value") else inputs + own
    return {
        "kind": use.kind,
        "name": use.name,
        "label": use.label,
        "owner": use.owner,
        "how": use.how,
        "input_events": whole,
        "affected_events": affected,
        "possible_error": affected / whole if whole else None,
    }
