"""Who left or is about to (standard question 23): silence against a unit's own rhythm.

Knows active days, the gaps between them and when a silence is unusual. Must not know the catalogue. Units are people or
accounts, named by nothing but their key.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine.asked_days import local_day
from dashboards.engine.conditions import Fragment
from dashboards.engine.person_days import ANY_ACTIVE, count_periods, kept_days
from dashboards.engine.scope import Result, Scope, flag, reads_person
from dashboards.engine.statistics import wilson

UNITS = {"person": "fct_events.person_key", "account": "fct_events.account_key"}
STATES = ("active", "at_risk", "left", "too_new")
FADING_FROM = 4  # active days before; fewer are no habit that could fade


def churn_risk(scope: Scope) -> Result:
    """At most `limit` rows of each listed state, those with most to lose first; counts are in the summary."""
    judged_on = _end(scope)
    _active_days(scope, judged_on)
    _judged(scope, judged_on, "units")
    counts = {
        row["state"]: row["units"]
        for row in scope.run("select state, count(*) as units from units group by all")
    }
    units = sum(counts.values())
    if units < scope.minimum_group_size:
        scope.caveat(
            f"Fewer than {scope.minimum_group_size} {scope.params['unit']}s were active in the range, so nothing is shown of them."
            if units
            else f"No {scope.params['unit']} was active in the range, so nobody can have left."
        )
        return Result([], {"units": None if units else 0, "judged_on": judged_on})
    return Result(_rows(scope), _summary(scope, counts, judged_on))


def _end(scope: Scope) -> date:
    """The first day that is not looked at: the end of the range, at most that of the last complete day."""
    assert scope.to_at is not None
    asked, seen = local_day(scope.calendar, scope.to_at), local_day(scope.calendar, scope.as_of)
    assert asked is not None and seen is not None
    if asked > seen:
        scope.caveat(f"Silence is counted up to {seen}, the last complete day of the data.")
    return min(asked, seen)


def _active_days(scope: Scope, judged_on: date) -> None:
    """`active_days` (unit, local_date, events, silence): a row per unit and active day of the range, with the silent days before it."""
    event = scope.params["event"] or ANY_ACTIVE
    end = scope.calendar.midnight(judged_on)
    if scope.params["unit"] == "person" and _kept_days(scope, event, end):
        return
    if scope.params["unit"] == "person":
        keys = {"unit": "person", "local_date": "date"}
        counted = {"events": "events"}
        count_periods(scope, "scoped_events", event, keys, counted, scope.from_at, end)
    else:
        _account_days(scope, event, end)
    scope.run(
        """
        create or replace temp table active_days as
        select *, (local_date - lag(local_date) over (partition by unit order by local_date) - 1)::integer as silence
        from scoped_events
        """
    )


def _kept_days(scope: Scope, event: Selector, end: datetime) -> bool:
    """The same from the mart, where each day names the one before it."""
    days = kept_days(scope, event, since=scope.from_at, until=end)
    if days is None or scope.from_at is None:
        return False
    scope.run(
        f"""
        create or replace temp table active_days as
        select
            person_key as unit,
            local_date,
            events,
            case when previous_date >= $since then (local_date - previous_date - 1)::integer end as silence
        from {days.table}
        where {days.where}
        """,  # noqa: S608
        days.params,
    )
    return True


def _account_days(scope: Scope, event: Selector, end: datetime) -> None:
    chosen, unit = flag(event), UNITS[scope.params["unit"]]
    scope.events(
        {"unit": Fragment(unit), "local_date": Fragment("fct_events.local_date")},
        only=Fragment(
            f"fct_events.occurred_at >= ? and {unit} is not null and {chosen.sql}",
            (scope.from_at, *chosen.params),
        ),
        until=end,
        joins_person=reads_person([event]),
        counted={"events": "count(*)"},
    )


def _judged(scope: Scope, judged_on: date, table: str) -> None:
    """One row per unit with its state, as seen on the morning of `judged_on`.

    A silence is a run of days without activity. The usual one of a unit is that which nine in ten of its own gaps do not
    exceed; with fewer active days than asked it has no rhythm of its own yet.
    """
    scope.run(
        f"""
        create or replace temp table {table} as
        with rhythms as (
            select
                unit,
                count(*) as active_days,
                sum(events)::bigint as events,
                min(local_date) as first_active_on,
                max(local_date) as last_active_on,
                $judged_on::date - max(local_date) - 1 as silent_days,
                count(*) filter (where local_date >= $judged_on::date - $left_after) as recent_days,
                count(*) filter (
                    where local_date >= $judged_on::date - 2 * $left_after and local_date < $judged_on::date - $left_after
                ) as earlier_days,
                case when count(*) >= $minimum_days
                    then list_sort(list(silence) filter (where silence is not null))[(9 * count(silence) + 9) // 10]
                end as usual_silence_days
            from active_days
            where local_date < $judged_on
            group by unit
        )

        select
            *,
            case
                when silent_days >= $left_after and silent_days > coalesce(usual_silence_days, -1) then 'left'
                when usual_silence_days is null then 'too_new'
                when silent_days > usual_silence_days then 'at_risk'
                when earlier_days >= $fading_from and 2 * recent_days <= earlier_days then 'at_risk'
                else 'active'
            end as state
        from rhythms
        """,  # noqa: S608
        {
            "judged_on": judged_on,
            "left_after": scope.params["left_after"],
            "minimum_days": scope.params["minimum_days"],
            "fading_from": FADING_FROM,
        },
    )


def _rows(scope: Scope) -> list[dict[str, Any]]:
    state = scope.params["state"]
    rows = scope.run(
        """
        select
            unit::varchar as unit_key, state, last_active_on, silent_days, usual_silence_days, active_days, recent_days,
            earlier_days, events
        from units
        where state in (select unnest($states::varchar[]))
        qualify row_number() over (partition by state order by active_days desc, events desc, unit) <= $limit
        order by state, active_days desc, events desc, unit
        """,
        {
            "states": ["at_risk", "left"] if state == "both" else [state],
            "limit": scope.params["limit"],
        },
    )
    return [{**row, "reason": _reason(scope, row)} for row in rows]


def _reason(scope: Scope, row: dict[str, Any]) -> str:
    silent, usual, window = (
        row["silent_days"],
        row["usual_silence_days"],
        scope.params["left_after"],
    )
    own = (
        f"seldom for more than {usual}"
        if usual
        else "seldom for a day"
        if usual == 0
        else "no rhythm of its own yet"
    )
    if row["state"] == "left" or usual is None or silent > usual:
        return f"silent for {silent} days, {own}"
    return f"active on {row['recent_days']} of the last {window} days, on {row['earlier_days']} of the {window} before"


def _summary(scope: Scope, counts: dict[str, int], judged_on: date) -> dict[str, Any]:
    units, left = sum(counts.values()), counts.get("left", 0)
    judged = units - counts.get("too_new", 0)
    at_risk = counts.get("at_risk", 0)
    low, high = wilson(left, units) or (None, None)
    return {
        "judged_on": judged_on,
        "units": units,
        **{state: counts.get(state, 0) for state in STATES},
        "left_share": left / units,
        "left_ci_low": low,
        "left_ci_high": high,
        "at_risk_share": at_risk / judged if judged else None,
        "looking_back": _looking_back(scope, judged_on),
    }


def _looking_back(scope: Scope, judged_on: date) -> list[dict[str, Any]]:
    """How the same rule did one window earlier: the share of each state that was silent for the whole window since.

    Only of those who usually come back within half a window: for others a silent window says nothing.
    """
    then = judged_on - timedelta(days=scope.params["left_after"])
    first = local_day(scope.calendar, scope.from_at)
    if first is None or then <= first:
        return []
    _judged(scope, then, "units_then")
    rows = scope.run(
        """
        select
            units_then.state,
            count(*) as units,
            count(*) filter (where units.last_active_on < $then) as silent_since
        from units_then
        inner join units
            on units_then.unit = units.unit
        where units_then.state in ('active', 'at_risk') and 2 * units_then.usual_silence_days <= $left_after
        group by all
        order by units_then.state
        """,
        {"then": then, "left_after": scope.params["left_after"]},
    )
    found = []
    for row in rows:
        if row["units"] < scope.minimum_group_size:
            continue
        low, high = wilson(row["silent_since"], row["units"]) or (None, None)
        found.append(
            {
                "name": f"{row['state'].replace('_', ' ')} on {then}, silent since",
                "state": row["state"],
                "units": row["units"],
                "silent_since": row["silent_since"],
                "share": row["silent_since"] / row["units"],
                "ci_low": low,
                "ci_high": high,
            }
        )
    return found
