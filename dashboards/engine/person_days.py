"""Who did something in which period: counted from the mart of active days where that is enough, else from events.

Knows `fct_person_days` and when it gives the same as the events themselves. Must not know any question.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment
from dashboards.engine.periods import period_sql
from dashboards.engine.scope import EVENT_COLUMNS, Scope, flag, reads_person

ANY_ACTIVE = Selector(())
# What can be said of a person in a period, of events and of days.
OF_EVENTS = {
    "first_at": "min(fct_events.occurred_at)",
    "last_at": "max(fct_events.occurred_at)",
    "first_local_at": "min_by(fct_events.local_at, fct_events.occurred_at)",
}
OF_DAYS = {
    "first_at": "min(fct_person_days.first_at)",
    "last_at": "max(fct_person_days.last_at)",
    "first_local_at": "cast(min(fct_person_days.local_date) as timestamp)",
}


def count_periods(
    scope: Scope,
    table: str,
    selector: Selector,
    keys: Mapping[str, str],
    counted: Mapping[str, str],
    since: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Make `table`: a row for each person (or vendor's id) and period with an event that the selector takes in [since, until).

    `keys` names the columns of the grain, each `person`, `source_actor` or a unit; `counted` names further ones, each a
    key of OF_EVENTS. From the mart `first_local_at` is the beginning of its day.
    """
    if _is_kept(scope, selector, keys, since, until):
        _of_days(scope, table, keys, counted, since, until)
        return
    shift = scope.calendar.shift
    scope.events(
        {
            name: Fragment(EVENT_COLUMNS[key] if key in EVENT_COLUMNS else period_sql(key, shift))
            for name, key in keys.items()
        },
        flag(selector),
        table=table,
        since=since,
        until=until,
        joins_person=reads_person([selector]),
        counted={name: OF_EVENTS[key] for name, key in counted.items()},
    )


def _is_kept(
    scope: Scope,
    selector: Selector,
    keys: Mapping[str, str],
    since: datetime | None,
    until: datetime | None,
) -> bool:
    """Whether the mart holds what is asked: any activity of persons, by whole days, of all sources, without a condition."""
    whole = scope.params.get("project") is None and scope.params.get("source") is None
    by_day = not {"hour", "source_actor"} & {*keys.values()}
    midnights = [at for at in (since, _cut(scope, until)) if at is not None]
    return (
        selector == ANY_ACTIVE
        and whole
        and by_day
        and not scope.where
        and all(at == scope.calendar.midnight(_day(scope, at)) for at in midnights)
    )


def _cut(scope: Scope, until: datetime | None) -> datetime | None:
    """The instant from which on nothing is seen; none where that is after all data."""
    seen = [at for at in (until, scope.as_of if scope.as_of_given else None) if at is not None]
    through = scope.published.data_through
    cut = min(seen, default=None)
    return None if cut is None or (through is not None and cut > through) else cut


def _day(scope: Scope, at: datetime) -> date:
    return scope.calendar.to_local(at).date()


def _of_days(
    scope: Scope,
    table: str,
    keys: Mapping[str, str],
    counted: Mapping[str, str],
    since: datetime | None,
    until: datetime | None,
) -> None:
    cut = _cut(scope, until)
    bounds = {"since": since and _day(scope, since), "cut": cut and _day(scope, cut)}
    wanted = {
        name: "fct_person_days.person_key"
        if key == "person"
        else period_sql(key, scope.calendar.shift, "fct_person_days.local_date")
        for name, key in keys.items()
    } | {name: OF_DAYS[key] for name, key in counted.items()}
    kept = [
        sql
        for sql, at in (
            ("fct_person_days.local_date >= $since", since),
            ("fct_person_days.local_date < $cut", cut),
        )
        if at is not None
    ]
    columns = ",\n    ".join(f"{sql} as {name}" for name, sql in wanted.items())
    where = f"\nwhere {' and '.join(kept)}" if kept else ""
    scope.run(
        f"create or replace temp table {table} as\nselect\n    {columns}\nfrom marts.fct_person_days{where}\ngroup by all",
        {name: day for name, day in bounds.items() if day is not None},
    )
