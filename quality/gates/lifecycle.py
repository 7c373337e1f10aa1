"""The identities of lifecycle (metric A4) hold on the events that are about to be published.

new + current + resurrected = active, and active(t) = active(t-1) - dormant(t) + new(t) + resurrected(t), by week.
`active` is counted straight from the events; the parts come from each person's own weeks, so a double or lost
person-week shows.
"""

from __future__ import annotations

from quality.gate import HOLD, MARTS, Evidence, Gate, GateResult

_WRONG_WEEKS = """
with active as (
    select cast(date_trunc('week', local_date) as date) as week, count(distinct person_key) as people
    from warehouse.marts.fct_events where is_active_event and left_out_because is null group by all
),
person_weeks as (
    select distinct person_key, cast(date_trunc('week', local_date) as date) as week
    from warehouse.marts.fct_events where is_active_event and left_out_because is null
),
steps as (
    select person_key, week,
        lag(week) over (partition by person_key order by week) as previous_week,
        lead(week) over (partition by person_key order by week) as next_week
    from person_weeks
),
parts as (
    select week,
        count(*) filter (where previous_week is null) as new,
        count(*) filter (where previous_week = week - interval 7 day) as current,
        count(*) filter (where previous_week < week - interval 7 day) as resurrected
    from steps group by all
),
gone as (
    select cast(week + interval 7 day as date) as week, count(*) as dormant
    from steps where next_week is null or next_week > week + interval 7 day group by all
)
select active.week, active.people, parts.new + parts.current + parts.resurrected,
    coalesce(before.people, 0) - coalesce(gone.dormant, 0) + parts.new + parts.resurrected
from active
inner join parts on active.week = parts.week
left join active as before on before.week = active.week - interval 7 day
left join gone on gone.week = active.week
where active.people <> parts.new + parts.current + parts.resurrected
    or active.people <> coalesce(before.people, 0) - coalesce(gone.dormant, 0) + parts.new + parts.resurrected
order by all
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not evidence.has("marts.fct_events"):
        return [GATE.passed("no events")]
    results = [
        GateResult(
            GATE.name,
            HOLD,
            False,
            f"week of {week}: {people} active, but {parts} new, current and resurrected; "
            f"from the week before follow {follows}",
            measured=str(people),
            allowed=str(parts),
            fix="look for events without person or date, and for weeks that are not Monday to Sunday",
        )
        for week, people, parts, follows in evidence.rows(_WRONG_WEEKS)
    ]
    return results or [GATE.passed("lifecycle identities hold for every week")]


GATE = Gate(
    name="lifecycle",
    border=MARTS,
    severity=HOLD,
    protects="metric A4: who is new, current, resurrected and dormant adds up to who is active",
    check=check,
)
