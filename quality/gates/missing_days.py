"""A day without any event between days that have some is an export that never came (case 19).

Only days of the last four weeks on whose weekday the source usually delivers, so that quiet Sundays are no gap. Warns;
holds only with a declared cadence.
"""

from __future__ import annotations

from quality.gate import HOLD, MARTS, WARN, Evidence, Gate, GateResult

WEEKS = 4
# Below this many events on such a weekday an empty day may be chance.
EVENTS = 20

_GAPS = """
with days as (
    select source, project, local_date, sum(events)::bigint as events
    from warehouse.marts.fct_event_days group by all
),
spans as (
    select source, project, min(local_date) as first_date, max(local_date) as last_date from days group by all
),
expected as (
    select spans.source, spans.project, (spans.last_date - back.days::int)::date as local_date, spans.first_date
    from spans
    cross join range(1, 7 * ? + 1) as back(days)
    where spans.last_date - back.days::int > spans.first_date
),
gaps as (
    select expected.source, expected.project, expected.local_date
    from expected
    anti join days
        on days.source = expected.source and days.project = expected.project and days.local_date = expected.local_date
),
usual as (
    select gaps.source, gaps.project, gaps.local_date, median(days.events) as events, count(*) as weeks
    from gaps
    inner join days
        on days.source = gaps.source and days.project = gaps.project
        and days.local_date <> gaps.local_date and abs(days.local_date - gaps.local_date) <= 7 * ?
        and dayofweek(days.local_date) = dayofweek(gaps.local_date)
    group by all
)
select source, project, count(*)::bigint, min(local_date), string_agg(local_date::varchar, ', ' order by local_date)
from usual where events >= ? and weeks >= 2 group by all order by all
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not evidence.has("marts.fct_event_days"):
        return [GATE.passed("no events")]
    results = [
        GateResult(
            GATE.name,
            HOLD if (source, project) in evidence.cadences else WARN,
            False,
            f"{source}/{project} has no event on {days}",
            measured=f"{count} empty day(s) since {first}",
            allowed="0",
            fix=f"deliver the export of {first} to landing/{source}/{project}/",
        )
        for source, project, count, first, days in evidence.rows(_GAPS, [WEEKS, WEEKS, EVENTS])
    ]
    return results or [GATE.passed("no day is missing between days that have events")]


GATE = Gate(
    name="missing_days",
    border=MARTS,
    severity=WARN,
    protects="an export that never came is seen on the day that it leaves out",
    check=check,
)
