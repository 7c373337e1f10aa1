"""Event uses: what an event ends up in, and who asked about it."""

from __future__ import annotations

from typing import Any

from dashboards.catalogue import load
from dashboards.engine.event_takings import Event, Use
from dashboards.engine.event_uses import EventUses, question_use
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """One row per event and thing that takes it, most visible first."""
    uses = EventUses(scope)
    asked = _asked(scope)
    rows: list[dict[str, Any]] = []
    for name in scope.params["event"].names:
        event = uses.event(name)
        found = uses.of(event)
        by_name = _named(event, asked)
        taken = {use.name for use in found if use.kind == "question"}
        for question_id in by_name:
            question = load().questions.get(question_id)
            if question_id not in taken and question is not None and question.area != "trust":
                found.append(question_use(question, event, "people asked it about this event"))
        rows += [_row(scope, name, use, by_name) for use in found]
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
    asks = [counts for (kind, _, _), counts in asked.items() if kind == "event"]
    if not scope.published.definitions.get("event_lineage"):
        scope.caveat(
            "This version carries no lineage of events, so models and KPIs are not listed."
        )
    return Result(
        rows,
        {"uses": kinds, "last_asked_at": max((c["last_asked_at"] for c in asks), default=None)},
    )


def _asked(scope: Scope) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Per kind, name and question: asks of people who waited for an answer, and how many product managers."""
    if not scope.published.has("marts.fct_question_subjects"):
        return {}
    names = list(scope.params["event"].names)
    rows = scope.run(
        """
        select
            subjects.kind,
            subjects.name,
            subjects.question,
            count(distinct (subjects.project, subjects.ask_id)) as asks,
            max(subjects.asked_at) as last_asked_at,
            count(distinct subjects.person_id) filter (where subjects.role = 'pm') as pms,
            count(distinct subjects.person_id) filter (where subjects.person_id != 'unknown') as people
        from marts.fct_question_subjects as subjects
        where subjects.is_interactive and subjects.asked_at < $as_of
            and (
                subjects.kind = 'event' and subjects.name in (select unnest($names::varchar[]))
                or subjects.kind = 'feature' and subjects.name in (
                    select feature from marts.dim_events where value_event and event_name in (select unnest($names::varchar[]))
                )
            )
        group by all
        """,
        {"names": names, "as_of": scope.as_of},
    )
    return {(row["kind"], row["name"], row["question"]): row for row in rows}


def _named(
    event: Event, asked: dict[tuple[str, str, str], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What people asked about the event itself, else about the feature whose value it is, by question."""
    found = {
        question: counts
        for (kind, name, question), counts in asked.items()
        if kind == "feature" and event.is_value and name == event.feature
    }
    return found | {
        question: counts
        for (kind, name, question), counts in asked.items()
        if kind == "event" and name == event.name
    }


def _row(scope: Scope, event: str, use: Use, asked: dict[str, dict[str, Any]]) -> dict[str, Any]:
    counts = asked.get(use.name, {}) if use.kind == "question" else {}
    people = counts.get("pms")
    is_shown = people is None or people == 0 or people >= scope.minimum_group_size
    return {
        "event": event,
        "kind": use.kind,
        "name": use.name,
        "label": use.label,
        "owner": use.owner,
        "how": use.how,
        "asks": counts.get("asks"),
        "last_asked_at": counts.get("last_asked_at"),
        "pms": people if is_shown else None,
        "reason": None if is_shown else f"fewer than {scope.minimum_group_size} product managers",
    }
