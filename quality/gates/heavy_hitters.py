"""One person with a large share of a project's events is a bot, a test or a shared account, until somebody says so (case 64).

Warns; who is declared under `exclude` in settings.yml is internal and not looked at.
"""

from __future__ import annotations

from quality.gate import MARTS, WARN, Evidence, Gate, GateResult

DAYS = 28
SHARE = 0.2
# Below this many events a share says nothing.
EVENTS = 1000

_HEAVY = """
with last_day as (
    select source, project, max(local_date) as local_date from warehouse.marts.fct_events group by all
),
people as (
    select events.source, events.project, events.person_key, count(*) as events
    from warehouse.marts.fct_events as events
    inner join last_day
        on events.source = last_day.source and events.project = last_day.project
        and events.local_date > last_day.local_date - ?
    where events.left_out_because is null
    group by all
),
shares as (
    select source, project, max(events)::bigint as most, sum(events)::bigint as events from people group by all
)
select source, project, most, events from shares where events >= ? and most >= events * ? order by all
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not evidence.has("marts.fct_events"):
        return [GATE.passed("no events")]
    results = [
        GateResult(
            GATE.name,
            WARN,
            False,
            f"{source}/{project}: one person made {most} of {events} events of the last {DAYS} days",
            measured=f"{most / events:.0%}",
            allowed=f"{SHARE:.0%}",
            fix="look whether it is a bot or a test; if so, declare the id under `exclude` in settings.yml",
        )
        for source, project, most, events in evidence.rows(_HEAVY, [DAYS, EVENTS, SHARE])
    ]
    return results or [GATE.passed("no single person makes a large share of the events")]


GATE = Gate(
    name="heavy_hitters",
    border=MARTS,
    severity=WARN,
    protects="numbers are made by people and not by one bot",
    check=check,
)
