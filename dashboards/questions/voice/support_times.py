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
            case when not $as_of_given or created_at + to_seconds(60 * first_reply_minutes) < $as_of then first_reply_minutes end
                as first_reply_minutes,
            case when not $as_of_given or solved_at < $as_of then coalesce(resolution_minutes, date_diff('minute', created_at, solved_at)) end
                as resolution_minutes,
            is_solved and (not $as_of_given or coalesce(solved_at, updated_at, created_at) < $as_of) as is_solved,
            tells_replies,
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
    _caveats(scope, tickets, sum(row["open"] for row in rows))
    return Result(rows, rows[0] if group == "none" else {})


def _caveats(scope: Scope, tickets: list[dict[str, Any]], waiting: int) -> None:
    """What the exports cannot tell is said beside the times, with how many tickets it concerns."""
    if waiting:
        scope.caveat(f"{waiting} open tickets are censored at the as-of instant, not dropped.")
    undated = sum(1 for t in tickets if t["is_solved"] and t["resolution_minutes"] is None)
    if undated:
        scope.caveat(
            f"{undated} solved tickets come without the time of their solution; they count as solved and are in no resolution time. Export ticket metrics to have it."
        )
    untold = sum(1 for t in tickets if _reply_is_untold(t))
    if untold:
        scope.caveat(
            f"{untold} solved tickets come without anything that tells a first reply; they are in no reply time."
        )


def _reply_is_untold(ticket: dict[str, Any]) -> bool:
    """Solved without a known reply, where no export tells of replies: nobody knows whether there was one."""
    unknown = ticket["first_reply_minutes"] is None and not ticket["tells_replies"]
    return bool(ticket["is_solved"] and unknown)


def _label(scope: Scope, group: str, ticket: dict[str, Any]) -> str | None:
    if group == "none":
        return None
    if group in ("month", "week"):
        return scope.calendar.label(group, scope.calendar.index(group, ticket["created_at"]))
    return ticket["ticket_group"] or NO_VALUE


def _row(name: str | None, tickets: list[dict[str, Any]]) -> dict[str, Any]:
    resolved = [
        _ended(t["resolution_minutes"], t["age_minutes"])
        for t in tickets
        if t["resolution_minutes"] is not None or not t["is_solved"]
    ]
    replied = [
        _ended(t["first_reply_minutes"], t["age_minutes"])
        for t in tickets
        if not _reply_is_untold(t)
    ]
    solved = sum(1 for t in tickets if t["is_solved"])
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
