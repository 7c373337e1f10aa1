"""A source that fell silent is named. It holds only where its settings declare a cadence (hours to the next delivery).

Time is measured against the latest record of all sources, never the clock: a history is not stale for being old.
"""

from __future__ import annotations

from quality.gate import HOLD, RAW, WARN, Evidence, Gate, GateResult

# Without a declared cadence: silent for this long while others deliver is worth a mark, not more.
SILENT_HOURS = 72.0


def check(evidence: Evidence) -> list[GateResult]:
    rows = evidence.rows(
        """
        with last as (
            select source, project, max(last_event_at) as last_at
            -- The product's own use says nothing about the exports' age; exposures end with their experiment.
            from read_parquet(?)
            where state = 'live' and source not in ('exposures', 'outcomes', 'question_log') group by all
        )
        select source, project, last_at, date_diff('second', last_at, max(last_at) over ()) / 3600.0 as hours
        from last where last_at is not null order by all
        """,
        [evidence.loads_file],
    )
    results = []
    for source, project, last_at, hours in rows:
        promised = evidence.cadences.get((source, project))
        allowed = promised or SILENT_HOURS
        if hours <= allowed:
            continue
        results.append(
            GateResult(
                GATE.name,
                HOLD if promised else WARN,
                False,
                f"{source}/{project} has nothing after {last_at}",
                measured=f"{hours:.0f} h behind the newest record",
                allowed=f"{allowed:.0f} h",
                fix=f"deliver the missing export to landing/{source}/{project}/",
            )
        )
    return results or [GATE.passed("every source is as fresh as it should be")]


GATE = Gate(
    name="freshness",
    border=RAW,
    severity=WARN,
    protects="a silent source is seen",
    check=check,
)
