"""Support times (N4): tickets in scope, censored at as-of, summarised per group."""

from __future__ import annotations

from typing import Any

from dashboards.engine.scope import Result, Scope
from dashboards.engine.statistics import survival_quantile

NO_VALUE = "(none)"


def answer(scope: Scope) -> Result:
    """One row, or one per group."""
    group = scope.params["group"]
    tickets = scope.run(
        """
        select
            case $group
                when 'area' then area
                when 'owner' then owner
                when 'priority' then priority
                when 'channel' then channel
                when 'source' then source
                when 'project' then project
                when 'status' then status
            end as ticket_group,
            created_at,
            first_reply_minutes,
            case when not $as_of_given or solved_at < $as_of then coalesce(resolution_minutes, date_diff('minute', created_at, solved_at)) end
                as resolution_minutes,
            date_diff('second', created_at, $as_of) / 60.0 as age_minutes,
            coalesce(reopens, 0) as reopens
        from marts.fct_tickets
        where ($project is null or project = $project)
            and ($source is null or source = $source)
            and ($from_at is null or created_at >= $from_at)
            and ($to_at is null or created_at < $to_at)
            and (not $as_of_given or created_at < $as_of)
        """,
        {
            "group": group,
            "project": scope.params.get("project"),
            "source": scope.params.get("source"),
            "from_at": scope.from_at,
            "to_at": scope.to_at,
            "as_of": scope.as_of,
            "as_of_given": scope.as_of_given,
        },
    )
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for ticket in tickets:
        groups.setdefault(_label(scope, group, ticket), []).append(ticket)
    if group == "none":
        groups.setdefault(None, tickets)
    rows = [_row(name, groups[name]) for name in sorted(groups, key=str)]
    if group == "owner":
        small = [row for row in rows if row["tickets"] < scope.minimum_group_size]
        rows = [row for row in rows if row["tickets"] >= scope.minimum_group_size]
        if small:
            scope.caveat(
                f"{len(small)} owners with fewer than {scope.minimum_group_size} tickets are suppressed."
            )
    waiting = sum(row["open"] for row in rows)
    if waiting:
        scope.caveat(f"{waiting} open tickets are censored at the as-of instant, not dropped.")
    return Result(rows, rows[0] if group == "none" else {})


def _label(scope: Scope, group: str, ticket: dict[str, Any]) -> str | None:
    if group == "none":
        return None
    if group in ("month", "week"):
        return scope.calendar.label(group, scope.calendar.index(group, ticket["created_at"]))
    return ticket["ticket_group"] or NO_VALUE


def _row(name: str | None, tickets: list[dict[str, Any]]) -> dict[str, Any]:
    resolved = [_ended(t["resolution_minutes"], t["age_minutes"]) for t in tickets]
    replied = [_ended(t["first_reply_minutes"], t["age_minutes"]) for t in tickets]
    solved = sum(1 for t in tickets if t["resolution_minutes"] is not None)
    return {
        "group": name,
        "tickets": len(tickets),
        "solved": solved,
        "open": len(tickets) - solved,
        "reopened": sum(1 for t in tickets if t["reopens"] > 0),
        "first_reply_median_minutes": survival_quantile(replied, 0.5),
        "resolution_median_minutes": survival_quantile(resolved, 0.5),
        "resolution_p90_minutes": survival_quantile(resolved, 0.9),
    }


def _ended(minutes: float | None, age: float) -> tuple[float, bool]:
    return (float(minutes), True) if minutes is not None else (max(float(age), 0.0), False)
