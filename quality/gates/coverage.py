"""How much of what arrives is in the tracking plan (cases 84, 86). Warns; an unplanned event is kept and counted."""

from __future__ import annotations

from quality.gate import MARTS, WARN, Evidence, Gate, GateResult

SHARE = 0.95


def check(evidence: Evidence) -> list[GateResult]:
    if not (evidence.has("marts.fct_event_days") and evidence.has("marts.dim_events")):
        return [GATE.passed("no events")]
    ((planned_names,),) = evidence.rows(
        "select count(*) from warehouse.marts.dim_events where status in ('live', 'planned', 'deprecated')"
    )
    if not planned_names:
        return [GATE.passed("no tracking plan yet; every event counts as it is")]
    ((events, planned),) = evidence.rows(
        """
        select coalesce(sum(days.events), 0)::bigint,
            coalesce(sum(days.events) filter (where names.status in ('live', 'planned', 'deprecated')), 0)::bigint
        from warehouse.marts.fct_event_days as days
        left join warehouse.marts.dim_events as names on days.event_name = names.event_name
        where names.status is distinct from 'system'
        """
    )
    if not events or planned / events >= SHARE:
        return [GATE.passed(f"{planned} of {events} events are planned")]
    return [
        GateResult(
            GATE.name,
            WARN,
            False,
            f"{planned} of {events} events are in the tracking plan",
            measured=f"{planned / events:.1%}",
            allowed=f"{SHARE:.0%}",
            fix="productops taxonomy coverage",
        )
    ]


GATE = Gate(
    name="coverage",
    border=MARTS,
    severity=WARN,
    protects="the tracking plan says what arrives",
    check=check,
)
