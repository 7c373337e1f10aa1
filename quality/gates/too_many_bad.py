"""A source whose last delivery is broken is not published: 1 % and 100 records are refused together (case 34)."""

from __future__ import annotations

from quality.gate import HOLD, RAW, Evidence, Gate, GateResult

SHARE = 0.01
RECORDS = 100


def beyond_limit(records_seen: int, quarantined: int) -> bool:
    """Are so many records refused that the rest cannot be trusted? Few bad records never are."""
    return quarantined >= RECORDS and quarantined >= SHARE * max(records_seen, 1)


def check(evidence: Evidence) -> list[GateResult]:
    last = evidence.rows(
        """
        with ranked as (
            select source, project, file_name, records_seen, quarantined,
                row_number() over (partition by source, project order by load_id desc) as age
            from read_parquet(?) where state = 'live'
        )
        select source, project, file_name, records_seen, quarantined from ranked where age = 1 order by all
        """,
        [evidence.loads_file],
    )
    results = [
        GateResult(
            GATE.name,
            HOLD,
            False,
            f"TOO_MANY_BAD: {source}/{project}: {bad} of {seen} records of {file} were refused",
            measured=f"{bad / max(seen, 1):.2%}, {bad} records",
            allowed=f"less than {SHARE:.0%} or {RECORDS} records",
            fix=f"productops quarantine list --source {source}; deliver a corrected {file}",
        )
        for source, project, file, seen, bad in last
        if beyond_limit(seen, bad)
    ]
    return results or [GATE.passed("no last delivery is refused beyond its limit")]


GATE = Gate(
    name="too_many_bad",
    border=RAW,
    severity=HOLD,
    protects="numbers are not made from the remains of a broken delivery",
    check=check,
)
