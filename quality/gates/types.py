"""How many values are not of the type that the plan declares (case 80). Warns; the rows are kept and the rate is shown."""

from __future__ import annotations

from quality.gate import MARTS, WARN, Evidence, Gate, GateResult

SHARE = 0.01
EVENTS = 10
LISTED = 20

_WRONG = """
with wrong as (
    select event_name, property, source, project, sum(events)::bigint as events, max(last_seen_at) as last_seen_at
    from warehouse.marts.fct_event_violations where rule = 'type_mismatch' group by all
),
days as (
    select event_name, source, project, sum(events)::bigint as events from warehouse.marts.fct_event_days group by all
)
select wrong.source, wrong.project, wrong.event_name, wrong.property, wrong.events, days.events, wrong.last_seen_at::date
from wrong
inner join days
    on wrong.event_name = days.event_name and wrong.source = days.source and wrong.project = days.project
where wrong.events >= ? and wrong.events >= days.events * ?
order by wrong.events desc, wrong.source, wrong.project, wrong.event_name, wrong.property limit ?
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not (evidence.has("marts.fct_event_violations") and evidence.has("marts.fct_event_days")):
        return [GATE.passed("no events")]
    results = [
        GateResult(
            GATE.name,
            WARN,
            False,
            f"{event}.{name} of {source}/{project}: {wrong} of {events} events carry a value of another type, last on {day}",
            measured=f"{wrong / events:.1%}",
            allowed=f"less than {SHARE:.0%} or {EVENTS} events",
            fix=f"correct the sender, or declare `cast: true` or another type for {name} in the tracking plan",
        )
        for source, project, event, name, wrong, events, day in evidence.rows(
            _WRONG, [EVENTS, SHARE, LISTED]
        )
    ]
    return results or [GATE.passed("values are of the types that the plan declares")]


GATE = Gate(
    name="types",
    border=MARTS,
    severity=WARN,
    protects="a property that changed its type is seen, and how often",
    check=check,
)
