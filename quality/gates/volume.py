"""A day whose events drop or double against the same weekday is named (case 91).

Median of the same weekday over four weeks of the source's own history: a mean with z-scores finds next to nothing of
drops of 15 to 50 %, the robust median nearly all (docs/decisions). Warns; holds only with a declared cadence.
"""

from __future__ import annotations

from quality.gate import HOLD, MARTS, WARN, Evidence, Gate, GateResult

WEEKS = 4
DROP, RISE = 0.5, 2.0
# Below this many events a day the share says nothing.
EVENTS = 100

_UNUSUAL = """
with days as (
    select source, project, local_date, sum(events)::bigint as events
    from warehouse.marts.fct_event_days group by all
),
last_day as (
    -- The newest day of a source is mostly a part of a day; the one before it is complete.
    select source, project, max(local_date) - 1 as local_date, min(local_date) as first_date from days group by all
),
compared as (
    select last_day.source, last_day.project, last_day.local_date, coalesce(any_value(today.events), 0) as events,
        median(before.events) as usual, count(before.events) as weeks
    from last_day
    left join days as today
        on today.source = last_day.source and today.project = last_day.project
        and today.local_date = last_day.local_date
    left join days as before
        on before.source = last_day.source and before.project = last_day.project
        and before.local_date in (
            last_day.local_date - 7, last_day.local_date - 14, last_day.local_date - 21, last_day.local_date - 28
        )
    group by all
)
select source, project, local_date, events, usual from compared
where weeks = ? and usual >= ? and not events between usual * ? and usual * ? order by all
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not evidence.has("marts.fct_event_days"):
        return [GATE.passed("no events")]
    results = [
        GateResult(
            GATE.name,
            HOLD if (source, project) in evidence.cadences else WARN,
            False,
            f"{source}/{project}: {events} events on {day}, usually {usual:.0f} on that weekday",
            measured=f"{events / usual:.0%}",
            allowed=f"{DROP:.0%} to {RISE:.0%}",
            fix=f"check that all exports of {day} arrived in landing/{source}/{project}/",
        )
        for source, project, day, events, usual in evidence.rows(
            _UNUSUAL, [WEEKS, EVENTS, DROP, RISE]
        )
    ]
    return results or [GATE.passed("the last complete day of every source is of the usual size")]


GATE = Gate(
    name="volume",
    border=MARTS,
    severity=WARN,
    protects="half a day's export is seen before its numbers are believed",
    check=check,
)
