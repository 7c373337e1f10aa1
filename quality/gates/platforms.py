"""A platform that sends nothing any more while its source goes on is named (case 92). Warns.

The total may be in range: another platform may have grown, or the lost one may be small.
"""

from __future__ import annotations

from quality.gate import MARTS, WARN, Evidence, Gate, GateResult

WEEKS = 4
LEFT = 0.1  # of what is usual on the weekday; less is as good as nothing
EVENTS = 30  # a day; fewer may stay away by chance

_LOST = """
with days as (
    select source, project, platform, local_date, count(*) as events
    from warehouse.marts.fct_events where platform is not null group by all
),
last_day as (
    -- The newest day of a source is mostly a part of a day; the one before it is complete.
    select source, project, max(local_date) - 1 as local_date, max(local_date) as newest from days group by all
),
compared as (
    select last_day.source, last_day.project, days.platform, last_day.local_date,
        sum(days.events) filter (where days.local_date = last_day.local_date) as events,
        list(days.events) filter (
            where days.local_date in (
                last_day.local_date - 7, last_day.local_date - 14, last_day.local_date - 21, last_day.local_date - 28
            )
        ) as before,
        max(days.local_date) as last_seen
    from last_day
    inner join days
        on last_day.source = days.source and last_day.project = days.project
    where days.local_date <= last_day.newest
    group by all
),
judged as (
    select *, sum(coalesce(events, 0)) over (partition by source, project) as of_source from compared
)
select source, project, platform, local_date, coalesce(events, 0)::bigint, list_median(before), last_seen from judged
where len(before) = $weeks and list_median(before) >= $least and coalesce(events, 0) < list_median(before) * $left
    -- A source that is silent as a whole is the business of freshness and volume.
    and of_source > 0
order by all
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not evidence.has_columns("marts.fct_events", "platform"):
        return [GATE.passed("no events")]
    results = [
        GateResult(
            GATE.name,
            WARN,
            False,
            f"{source}/{project}: {platform} has {events} events on {day}, usually {usual:.0f} on that weekday; last seen"
            f" on {last_seen}",
            measured=f"{events / usual:.0%}",
            allowed=f"{LEFT:.0%}",
            fix=f"ask the owner of {platform} whether it still sends, and look for an export that leaves it out",
        )
        for source, project, platform, day, events, usual, last_seen in evidence.rows(
            _LOST, {"weeks": WEEKS, "least": EVENTS, "left": LEFT}
        )
    ]
    return results or [GATE.passed("every platform of every source still sends")]


GATE = Gate(
    name="platforms",
    border=MARTS,
    severity=WARN,
    protects="the numbers of one platform do not end in silence",
    check=check,
)
