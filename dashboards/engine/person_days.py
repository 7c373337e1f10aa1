"""Who did something in which period: counted from the mart of active days where that is enough, else from events.

Knows `fct_person_days` and when it gives the same as the events themselves, `fct_person_periods`, which has its weeks and
months counted, and `fct_person_event_days`, the same for each event name. Must not know any question.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment
from dashboards.engine.periods import period_sql
from dashboards.engine.scope import EVENT_COLUMNS, Scope, flag, reads_person

ANY_ACTIVE = Selector(())
TABLE = "marts.fct_person_days"
PERIODS = "marts.fct_person_periods"
EVENT_DAYS = "marts.fct_person_event_days"
# What can be said of a person in a period, of events and of days.
OF_EVENTS = {
    "first_at": "min(fct_events.occurred_at)",
    "last_at": "max(fct_events.occurred_at)",
    "first_local_at": "min_by(fct_events.local_at, fct_events.occurred_at)",
    "first_day": "cast(min(fct_events.local_date) as timestamp)",  # a fifth less than the instant costs
    "events": "count(*)",
}
OF_DAYS = {
    "first_at": "min(fct_person_days.first_at)",
    "last_at": "max(fct_person_days.last_at)",
    "first_local_at": "cast(min(fct_person_days.local_date) as timestamp)",
    "first_day": "cast(min(fct_person_days.local_date) as timestamp)",
    "events": "cast(sum(fct_person_days.events) as bigint)",
}
# The same where the asked grain is that of the mart, so that nothing is put together.
OF_DAY = {
    "first_at": "fct_person_days.first_at",
    "last_at": "fct_person_days.last_at",
    "first_local_at": "cast(fct_person_days.local_date as timestamp)",
    "first_day": "cast(fct_person_days.local_date as timestamp)",
    "events": "fct_person_days.events",
}
DAILY = ("day", "date")
UNTIMED = {"first_day", "events"}  # what the days of a named event tell: they have no time of day


@dataclass(frozen=True)
class Days:
    """The rows of the mart in the asked range: a condition, what is bound to its names, and how many people a row is.

    A person has one row for a day, unless it `repeats` for each of several events.
    """

    where: str
    params: dict[str, Any]
    table: str = TABLE
    people: str = "1"
    repeats: bool = False

    def narrowed(self, condition: str, **params: Any) -> Days:
        """Fewer of these rows."""
        return replace(self, where=f"{self.where} and {condition}", params=self.params | params)


def kept_days(
    scope: Scope,
    selector: Selector,
    units: Collection[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    is_stepped: bool = True,
    is_timed: bool = False,
) -> Days | None:
    """The rows of [since, until), where a mart holds what is asked; `is_stepped` needs `previous_date`, `is_timed` instants.

    It does for any activity of persons or named events, by whole days, of all sources and without a condition. A row whose
    `previous_date` lies before a stretch of time is its person's first in that stretch: nobody has to be told apart.
    """
    cut = _cut(scope, until)
    midnights = [at for at in (since, cut) if at is not None]
    days = _all_days(scope, selector, is_stepped, is_timed)
    if days is None or not (
        all(_is_of_all(scope, key) for key in ("project", "source"))
        and not {"hour", "source_actor"} & {*units}
        and not scope.where
        and all(at == scope.calendar.midnight(_day(scope, at)) for at in midnights)
    ):
        return None
    if days.table != TABLE and EVENT_DAYS not in scope.reads:
        scope.reads.append(EVENT_DAYS)
    if since is not None:
        days = days.narrowed("fct_person_days.local_date >= $since", since=_day(scope, since))
    if cut is not None:
        days = days.narrowed("fct_person_days.local_date < $cut", cut=_day(scope, cut))
    return days


def _all_days(scope: Scope, selector: Selector, is_stepped: bool, is_timed: bool) -> Days | None:
    """All rows of the mart that holds what the selector takes."""
    if selector == ANY_ACTIVE:
        has_steps = scope.published.has_column(TABLE, "previous_date")
        return Days("true", {}) if has_steps or not is_stepped else None
    # each row steps from the last one of its own name
    repeats = len(selector.names) > 1
    if (
        selector.where
        or is_timed
        or (is_stepped and repeats)
        or not scope.published.has(EVENT_DAYS)
    ):
        return None
    among = "(select unnest($events::varchar[]))" if repeats else "$event"
    return Days(
        f"fct_person_days.event_name {'in' if repeats else '='} {among}",
        {"events": list(selector.names)} if repeats else {"event": selector.names[0]},
        f"{EVENT_DAYS} as fct_person_days",
        repeats=repeats,
    )


def kept_periods(
    scope: Scope,
    selector: Selector,
    unit: str,
    since: datetime | None = None,
    until: datetime | None = None,
    by_day_from: datetime | None = None,
) -> Days | None:
    """The same rows put together by week or month, under the same names: who is first in a period can be counted from them.

    The period that ends early, for it holds `until`, as-of or `by_day_from`, and all after it stay single days.
    """
    days = kept_days(scope, selector, [unit], since, until)
    calendar = scope.calendar
    if (
        days is None
        or selector != ANY_ACTIVE
        or unit not in ("week", "month")
        or not scope.published.has(PERIODS)
        or (since is not None and since != calendar.start(unit, calendar.index(unit, since)))
    ):
        return days
    ends = [at for at in (_cut(scope, until), by_day_from) if at is not None]
    columns = "local_date, first_date, previous_date"
    table = f"select {columns}, people from {PERIODS} where unit = '{unit}'"  # noqa: S608
    params = days.params
    if ends:
        single_days = f"select {columns}, 1 from {TABLE} where local_date >= $whole_until"  # noqa: S608
        table += f" and local_date < $whole_until union all {single_days}"
        whole_until = calendar.first_day(unit, calendar.index(unit, min(ends)))
        params = params | {"whole_until": whole_until}
    if PERIODS not in scope.reads:
        scope.reads.append(PERIODS)
    return Days(days.where, params, f"({table}) as fct_person_days", "fct_person_days.people")


def _is_of_all(scope: Scope, key: str) -> bool:
    """Whether no project (or source) is asked, or the only one that there is."""
    asked = scope.params.get(key)
    if asked is None or not scope.published.has("marts.fct_event_days"):
        return asked is None
    known = scope.published.once(
        ("of events", key),
        lambda: scope.session.run(f"select distinct {key} from marts.fct_event_days"),  # noqa: S608
    )
    return [(asked,)] == known


def day_period(scope: Scope, unit: str, column: str = "local_date") -> str:
    """The number of the period that holds a day of the mart."""
    return period_sql(unit, scope.calendar.shift, f"fct_person_days.{column}")


def count_periods(
    scope: Scope,
    table: str,
    selector: Selector,
    keys: Mapping[str, str],
    counted: Mapping[str, str],
    since: datetime | None = None,
    until: datetime | None = None,
    among: str | None = None,
) -> None:
    """Make `table`: a row for each person (or vendor's id) and period with an event that the selector takes in [since, until).

    `keys` names the columns of the grain, each `person`, `source_actor`, a unit or `date`; `counted` names further ones, each
    a key of OF_EVENTS. From the mart `first_local_at` is the beginning of its day. Of a table in `among` only its `actor`s
    are wanted; the mart gives the others too, which costs it less.
    """
    is_timed = not {*counted.values()} <= UNTIMED
    days = kept_days(
        scope, selector, keys.values(), since, until, is_stepped=False, is_timed=is_timed
    )
    if days is not None:
        _of_days(scope, table, keys, counted, days, is_whole=since is None)
        return
    columns = {name: Fragment(_event_key(scope, key)) for name, key in keys.items()}
    only = flag(selector)
    if among is not None:
        actor = next(
            EVENT_COLUMNS[key] for key in keys.values() if key in ("person", "source_actor")
        )
        only = Fragment(f"{only.sql} and {actor} in (select actor from {among})", only.params)  # noqa: S608
    scope.events(
        columns,
        only,
        table=table,
        since=since,
        until=until,
        joins_person=reads_person([selector]),
        counted={name: OF_EVENTS[key] for name, key in counted.items()},
        is_grouped=True,
    )


def _event_key(scope: Scope, key: str) -> str:
    if key == "date":
        return EVENT_COLUMNS["local_date"]
    return EVENT_COLUMNS.get(key) or period_sql(key, scope.calendar.shift)


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
    days: Days,
    is_whole: bool,
) -> None:
    asked = {*keys.values()}
    said, grouped = OF_DAYS, "\ngroup by all"
    if days.repeats:
        pass
    elif "person" in asked and asked & {*DAILY}:
        said, grouped = OF_DAY, ""
    elif (
        is_whole
        and asked == {"person"}
        and {*counted.values()} <= {"first_at", "first_local_at", "first_day"}
        and (days.table != TABLE or scope.published.has_column(TABLE, "previous_date"))
    ):
        said, grouped = OF_DAY, ""
        days = days.narrowed("fct_person_days.previous_date is null")
    own = {"person": "fct_person_days.person_key", "date": "fct_person_days.local_date"}
    wanted = {name: own.get(key) or day_period(scope, key) for name, key in keys.items()}
    wanted |= {name: said[key] for name, key in counted.items()}
    columns = ",\n    ".join(f"{sql} as {name}" for name, sql in wanted.items())
    scope.run(
        f"create or replace temp table {table} as\nselect\n    {columns}\nfrom {days.table}\nwhere {days.where}{grouped}",
        days.params,
    )
