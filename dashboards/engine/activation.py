"""Activation of new people (metric rule D3).

Knows the first event, the criteria and the days to meet them in. Must not know the catalogue. SQL gives one row per new
person; cohorts, shares and intervals are of people whose days are over.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment, joined
from dashboards.engine.periods import Period
from dashboards.engine.person_days import count_periods
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope, flag, reads_person
from dashboards.engine.statistics import wilson

ANY_ACTIVE = Selector(())
MOST_STEPS = 15  # points of the curve over days
Criterion = tuple[str, Fragment, int]


def activation(scope: Scope) -> Result:
    """One row per cohort of new people; the curve and the criteria are in the summary."""
    criteria = _criteria(scope)
    _newcomers(scope)
    _met(scope, criteria)
    rows = [_row(scope, period, found) for period, found in _cohorts(scope)]
    return Result(rows, _summary(scope, criteria))


def _criteria(scope: Scope) -> list[Criterion]:
    """Name, condition and times of each; the plan's value events where nobody names any."""
    given = scope.params["criteria"]
    if given:
        return [(_label(s, times), flag(s), times) for s, times in given]
    if (
        not scope.published.has("marts.dim_events")
        or not scope.session.run("select count(*) from marts.dim_events where value_event")[0][0]
    ):
        scope.caveat("The tracking plan names no value event, so nobody can be activated by default; name `criteria`.")  # fmt: skip
    return [("any value event", Fragment("(fct_events.is_value_event)"), 1)]


def _label(selector: Selector, times: int) -> str:
    return f"{selector.label}, {times} times" if times > 1 else selector.label


def _newcomers(scope: Scope) -> None:
    """The first start event ever of each person, where it lies in the range (R3)."""
    start = scope.params["start_event"] or ANY_ACTIVE
    scope.use_periods()
    count_periods(
        scope,
        "first_ever",
        start,
        {"person": "person"},
        {"first_at": "first_at", "first_local_at": "first_day"},
    )
    scope.run(
        """
        create or replace temp table newcomers as
        select person, first_at, period_of(first_local_at, first_at) as period
        from first_ever
        where first_at >= $from_at and first_at < $to_at
        """,
        {"from_at": scope.from_at, "to_at": scope.to_at},
    )


def _met(scope: Scope, criteria: list[Criterion]) -> None:
    """When each newcomer had met each criterion, and all of them; a window is elapsed time and inclusive at its end."""
    named = {f"c{n}": condition for n, (_, condition, _) in enumerate(criteria, 1)}
    wanted = joined(named.values(), " or ")
    window = timedelta(days=scope.params["days"])
    assert scope.from_at is not None and scope.to_at is not None
    scope.events(
        {
            "person": Fragment(EVENT_COLUMNS["person"]),
            "event_at": Fragment(EVENT_COLUMNS["event_at"]),
            **named,
        },
        only=Fragment(f"({wanted.sql}) and {EVENT_COLUMNS['person']} in (select person from newcomers)", wanted.params),  # noqa: S608
        since=scope.from_at,
        until=scope.to_at + window + timedelta(microseconds=1),
        joins_person=reads_person([s for s, _ in scope.params["criteria"] or ()]),
    )  # fmt: skip
    met = ",\n".join(
        f"list_sort(list(scoped_events.event_at) filter (where scoped_events.c{n}))[{times}] as met_{n}"
        if times > 1
        else f"min(scoped_events.event_at) filter (where scoped_events.c{n}) as met_{n}"
        for n, (_, _, times) in enumerate(criteria, 1)
    )
    all_met = " and ".join(f"met_{n} is not null" for n in range(1, len(criteria) + 1))
    last = ", ".join(f"met_{n}" for n in range(1, len(criteria) + 1))
    scope.run(
        f"""
        create or replace temp table people as
        with progress as (
            select newcomers.person, newcomers.first_at, newcomers.period,
                {met}
            from newcomers
            left join scoped_events
                on newcomers.person = scoped_events.person
                and scoped_events.event_at >= newcomers.first_at
                and scoped_events.event_at <= newcomers.first_at + to_days($days)
            group by all
        )
        select *,
            first_at + to_days($days) <= $as_of as is_over,
            case when {all_met} then epoch(greatest({last})) - epoch(first_at) end as seconds
        from progress
        """,  # noqa: S608
        {"days": scope.params["days"], "as_of": scope.as_of},
    )


_COUNTS = """
    count(*) as new_actors,
    count(*) filter (where is_over) as matured,
    count(*) filter (where seconds is not null) as activated,
    count(*) filter (where is_over and seconds is not null) as matured_activated,
    count(*) filter (where not is_over and seconds is null) as pending,
    quantile_cont(seconds, 0.5) filter (where is_over) as median_seconds,
    quantile_cont(seconds, 0.75) filter (where is_over) as p75_seconds,
    quantile_cont(seconds, 0.9) filter (where is_over) as p90_seconds
"""


def _cohorts(scope: Scope) -> list[tuple[Period, dict[str, Any]]]:
    found = {
        row["period"]: row
        for row in scope.run(f"select period, {_COUNTS} from people group by all")  # noqa: S608
    }
    nobody: dict[str, Any] = defaultdict(int)
    nobody |= {"median_seconds": None, "p75_seconds": None, "p90_seconds": None}
    return [(p, found.get(p.index, nobody)) for p in scope.spine(scope.params["period"])]


def _row(scope: Scope, period: Period, counts: dict[str, Any]) -> dict[str, Any]:
    end = min(period.end_at, scope.to_at or period.end_at)
    return {
        "cohort_start": period.label,
        **_numbers(counts),
        "complete": end + timedelta(days=scope.params["days"]) <= scope.as_of,
    }


def _numbers(counts: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson(counts["matured_activated"], counts["matured"]) or (None, None)
    return {
        **{
            name: counts[name]
            for name in ("new_actors", "activated", "pending", "matured", "matured_activated")
        },
        "share": counts["matured_activated"] / counts["matured"] if counts["matured"] else None,
        "ci_low": low,
        "ci_high": high,
        **{f"{name}_seconds": counts[f"{name}_seconds"] for name in ("median", "p75", "p90")},
    }


def _summary(scope: Scope, criteria: list[Criterion]) -> dict[str, Any]:
    total = scope.run(f"select {_COUNTS} from people")[0]  # noqa: S608
    each = ", ".join(
        f"count(*) filter (where is_over and met_{n} is not null) as met_{n}"
        for n in range(1, len(criteria) + 1)
    )
    met = scope.run(f"select {each} from people")[0]  # noqa: S608
    matured = total["matured"]
    if not matured:
        scope.caveat("Nobody new in the range has had the days to activate in, so there is no share yet.")  # fmt: skip
    if total["pending"]:
        scope.caveat(f"{total['pending']} new people still have time to activate; they are in no share.")  # fmt: skip
    return {
        **_numbers(total),
        "criteria": [
            {"name": name, "actors": met[f"met_{n}"], "share": met[f"met_{n}"] / matured if matured else None}
            for n, (name, _, _) in enumerate(criteria, 1)
        ],
        "activated_within": _curve(scope, matured),
    }  # fmt: skip


def _curve(scope: Scope, matured: int) -> list[dict[str, Any]]:
    """The share activated within k days of those whose days are over."""
    if not matured:
        return []
    days = scope.params["days"]
    step = -(-days // MOST_STEPS)
    marks = sorted({*range(step, days + 1, step), 1, days})
    rows = scope.run(
        """
        with marks as (select unnest($marks::bigint[]) as days)
        select marks.days, count(people.person) as actors
        from marks
        left join people
            on people.is_over and people.seconds <= marks.days * 86400
        group by all
        order by marks.days
        """,
        {"marks": marks},
    )
    return [
        {"name": f"{r['days']} d", "days": r["days"], "actors": r["actors"], "share": r["actors"] / matured}
        for r in rows
    ]  # fmt: skip
