"""The events that a funnel is about, each with the unit that it belongs to (metrics.md, F3, F7, F13, F14).

Knows ranges, units and values of a funnel's events. Must not know how units are matched or counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dashboards.catalogue.parameters import Selector
from dashboards.engine.breakdown import NO_VALUE
from dashboards.engine.conditions import Fragment, joined, property_text
from dashboards.engine.funnel_request import Funnel
from dashboards.engine.scope import EVENT_COLUMNS, Scope, any_of, flag, reads_person


def prepare(scope: Scope, funnel: Funnel) -> None:
    """The working table: the events of the steps (strict: every tracked event) of the people in scope."""
    selectors = [*funnel.steps, *(s for s, _ in funnel.exclusions)]
    columns = {"event_at": Fragment(EVENT_COLUMNS["event_at"])}
    if not funnel.runs_anyhow_in_sql:
        columns["event_id"] = Fragment(EVENT_COLUMNS["event_id"])
    columns |= {f"step_{n}": flag(step) for n, step in enumerate(funnel.steps, 1)}
    columns |= {
        f"exclusion_{n}": flag(selector) for n, (selector, _) in enumerate(funnel.exclusions, 1)
    }
    only = any_of(selectors)
    if funnel.rules.order == "strict":
        only = Fragment(
            f"fct_events.plan_status is distinct from 'system' or {only.sql}", only.params
        )
    assert scope.from_at is not None
    tie = timedelta(microseconds=funnel.rules.tie)
    unit_events(scope, funnel, columns, only, selectors, scope.from_at - tie, end(scope, funnel))


def end(scope: Scope, funnel: Funnel) -> datetime:
    """The instant from which on no event can belong to an entry of the range."""
    assert scope.to_at is not None
    return scope.to_at + timedelta(microseconds=funnel.rules.window + funnel.rules.tie + 1)


def unit_events(
    scope: Scope,
    funnel: Funnel,
    columns: Mapping[str, Fragment],
    only: Fragment,
    selectors: Sequence[Selector],
    since: datetime,
    until: datetime,
    table: str = "scoped_events",
    joins: Fragment | None = None,
) -> None:
    """A working table of events with the unit that each belongs to: `actor`, where that is less than a person `person` too."""
    person = Fragment(EVENT_COLUMNS["person"])
    named = {"actor": person, **columns}
    keys: list[Fragment] = []  # what makes the unit smaller than a person
    if funnel.breakdown:
        named["value"] = value = property_text(funnel.breakdown, funnel.property_of)
        if funnel.attribution == "every_step":
            keys.append(Fragment(f"coalesce({value.sql}, ?)", (*value.params, NO_VALUE)))
    if funnel.hold_constant:
        held = property_text(funnel.hold_constant)
        only = joined(
            [
                Fragment(f"({only.sql})", only.params),
                Fragment(f"{held.sql} is not null", held.params),
            ],
            " and ",
        )
        if funnel.rules.holds_entry:
            named["held"] = held
        else:
            keys.append(held)
    if keys:
        unit = joined([person, *keys], ", ")
        named |= {"person": person, "actor": Fragment(f"hash({unit.sql})", unit.params)}
    scope.events(
        named,
        only=only,
        table=table,
        since=since,
        until=until,
        joins_person=reads_person(selectors)
        or (funnel.breakdown is not None and funnel.property_of == "person"),
        joins=joins,
    )


def has_person(funnel: Funnel) -> bool:
    """Whether a unit is less than a person, so that the working table names both."""
    by_value = bool(funnel.hold_constant) and not funnel.rules.holds_entry
    return by_value or bool(funnel.breakdown) and funnel.attribution == "every_step"
