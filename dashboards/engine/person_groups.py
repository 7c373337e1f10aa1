"""In which group of a breakdown each person is: the value at the first event that lets the person into a period.

Knows how a property of the event, the person or the account is read at that event. Must not know any question. A person has
one value in a period, so that the groups add up to the whole.
"""

from __future__ import annotations

from datetime import datetime

from dashboards.catalogue.parameters import Selector
from dashboards.engine.breakdown import NO_VALUE, shown_groups
from dashboards.engine.conditions import Fragment, property_text
from dashboards.engine.day_firsts import FIRSTS, first_values
from dashboards.engine.periods import period_sql
from dashboards.engine.person_days import ANY_ACTIVE, count_periods, day_period
from dashboards.engine.scope import EVENT_COLUMNS, Scope, flag, reads_person

# What an answer says of whose property its groups are.
SAID = {
    "event": "Groups are by {name} of a person's first event of {span} that counts.",
    "person": "Groups are by {name} of the person as it was at the first event of {span} that counts; a source that does not send it"
    " with events gives the latest profile.",
    "account": "Groups are by {name} of the account that a person's first event of {span} that counts belongs to, as the list of accounts"
    " has it now.",
}


def person_groups(
    scope: Scope,
    only: Fragment,
    selectors: list[Selector],
    unit: str = "none",
    until: datetime | None = None,
) -> None:
    """`person_groups` (person, period, value, place) of the groups that may be shown, the largest first; empty without a breakdown."""
    name, of = scope.params["breakdown"], scope.params["property_of"]
    if name is None:
        scope.run(
            "create or replace temp table person_groups (person ubigint, period bigint, value varchar, place bigint)"
        )
        return
    end = until or scope.to_at
    if only != flag(ANY_ACTIVE) or not _of_days(scope, name, of, unit, end):
        _of_events(scope, only, selectors, unit, end)
    sizes = scope.run("select value, count(distinct person) as people from all_groups group by all")
    shown = shown_groups(scope, {row["value"]: row["people"] for row in sizes})
    span = "the range" if unit == "none" else f"each {unit}"
    scope.caveat(SAID[of].format(name=name, span=span))
    scope.run(
        """
        create or replace temp table person_groups as
        select all_groups.*, shown.place
        from all_groups
        inner join (select unnest($values::varchar[]) as value, generate_subscripts($values::varchar[], 1) as place) as shown
            on all_groups.value = shown.value
        """,
        {"values": shown},
    )


def _of_days(scope: Scope, name: str, of: str, unit: str, end: datetime | None) -> bool:
    """`all_groups` (person, period, value) from the mart: the first day of a person in a period tells the group."""
    kept = first_values(scope, name, of, [unit], scope.from_at, end)
    if kept is None or scope.from_at is None:
        return False
    period = day_period(scope, unit)
    scope.run(
        f"""
        create or replace temp table all_groups as
        select fct_person_days.person_key as person, {period} as period, {kept.value} as value
        from {FIRSTS}
        where {kept.days.where} and (
            fct_person_days.previous_date is null
            or fct_person_days.previous_date < $since
            or {day_period(scope, unit, "previous_date")} < {period}
        )
        """,  # noqa: S608
        kept.days.params,
    )
    return True


def _of_events(
    scope: Scope,
    only: Fragment,
    selectors: list[Selector],
    unit: str,
    end: datetime | None,
) -> None:
    """The same from the events themselves."""
    name, of = scope.params["breakdown"], scope.params["property_of"]
    person, at = (Fragment(EVENT_COLUMNS[column]) for column in ("person", "event_at"))
    joins = reads_person(selectors)
    if only == flag(ANY_ACTIVE):
        keys = {"person": "person", "period": unit}
        first = {"first_at": "first_at"}
        count_periods(scope, "group_firsts", ANY_ACTIVE, keys, first, scope.from_at, end)
    else:
        scope.events(
            {"person": person, "period": Fragment(period_sql(unit, scope.calendar.shift))},
            only=only,
            table="group_firsts",
            joins_person=joins,
            counted={"first_at": "min(fct_events.occurred_at)"},
            since=scope.from_at,
            until=end,
        )
    found = property_text(name, of)
    at_first = "(fct_events.person_key, fct_events.occurred_at) in (select person, first_at from group_firsts)"
    scope.events(
        {
            "person": person,
            "event_at": at,
            "event_id": Fragment(EVENT_COLUMNS["event_id"]),
            "value": Fragment(f"coalesce({found.sql}, '{NO_VALUE}')", found.params),
        },
        only=Fragment(f"({only.sql}) and {at_first}", only.params),
        table="group_events",
        joins_person=joins or of == "person",
        since=scope.from_at,
        until=end,
    )
    scope.run(
        """
        create or replace temp table all_groups as
        select group_firsts.person, group_firsts.period, min_by(group_events.value, group_events.event_id) as value
        from group_firsts
        inner join group_events
            on group_firsts.person = group_events.person
            and group_firsts.first_at = group_events.event_at
        group by all
        """
    )
