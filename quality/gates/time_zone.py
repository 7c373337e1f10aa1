"""Event times that lie whole hours before their receipt are local times taken for UTC (case 70): TZ_SHIFT.

Live events arrive within minutes. Where most events of a load arrive at the same whole or half hours late, and hardly any
at once, the project stores its own wall clock, or the settings declare a zone that it does not use. What is shifted the
other way, into the future, never gets here: it is refused record by record, and too_many_bad holds.
"""

from __future__ import annotations

from ingestion.contract import all_contracts
from quality.gate import HOLD, RAW, Evidence, Gate, GateResult

CODE = "TZ_SHIFT"
EVENTS = 50  # fewer say nothing
SHIFTED, AT_ONCE = (
    0.5,
    0.1,
)  # of all events: so many at whole half hours, fewer than so many at once
NEAR_SECONDS = 180
FARTHEST_HALF_HOURS = 28  # the largest offset of a zone is 14 hours
LOADS = 20  # the newest of each project are looked at

_LATEST = """
    with ranked as (
        select load_id, project, file_name, coalesce(contains(accepted, 'TZ_SHIFT'), false) as is_accepted,
            row_number() over (partition by project order by load_id desc) as age
        from read_parquet(?) where state = 'live' and source = ? and table_name = ? and loaded + duplicate > 0
    )
    select load_id, project, file_name from ranked where age <= ? and not is_accepted order by load_id
"""
_LAGS = """
    with lags as (
        select _load_id as load_id, date_diff('second', {time}, {received}) as lag
        from read_parquet(?, hive_partitioning = false) where {received} is not null
    ),
    steps as (
        select load_id, lag, round(lag / 1800.0)::int as half_hours from lags
    ),
    judged as (
        select load_id, half_hours, abs(lag) <= ? as is_at_once,
            half_hours <> 0 and abs(half_hours) <= ? and abs(lag - half_hours * 1800) <= ? as is_shifted
        from steps
    )
    select load_id, count(*), avg(is_shifted::int), avg(is_at_once::int),
        mode(half_hours) filter (where is_shifted) / 2
    from judged group by all order by load_id
"""


def check(evidence: Evidence) -> list[GateResult]:
    results = []
    for source, contract in sorted(all_contracts().items()):
        for table in contract.tables:
            if contract.kind == "events" and table.time and table.received:
                results += _of_table(evidence, source, table.name, table.time, table.received)
    return results or [GATE.passed("event times fit the times at which they were received")]


def _of_table(
    evidence: Evidence, source: str, table: str, time: str, received: str
) -> list[GateResult]:
    loads = {
        load_id: (project, file)
        for load_id, project, file in evidence.rows(
            _LATEST, [evidence.loads_file, source, table, LOADS]
        )
    }
    if not loads:
        return []
    files = [str(evidence.lake / source / table / f"load={load}" / "*.parquet") for load in loads]
    query = _LAGS.format(time=f'"{time}"', received=f'"{received}"')
    found = evidence.rows(query, [files, NEAR_SECONDS, FARTHEST_HALF_HOURS, NEAR_SECONDS])
    return [
        _held(source, *loads[load], shifted, hours)
        for load, events, shifted, at_once, hours in found
        if events >= EVENTS and shifted >= SHIFTED and at_once < AT_ONCE
    ]


def _held(source: str, project: str, file: str, shifted: float, hours: float) -> GateResult:
    return GateResult(
        GATE.name,
        HOLD,
        False,
        f"{CODE}: {shifted:.0%} of the events of {source}/{project}: {file} were received whole hours after they"
        f" happened, mostly {hours:g} h: their times look like local time taken for UTC",
        measured=f"{shifted:.0%} at whole or half hours",
        allowed=f"less than {SHIFTED:.0%}",
        fix=f"set timezone and legacy_local_time of sources.{source}.projects.{project} in settings.yml, then productops"
        f" quarantine replay --source {source} --project {project}; or, if the times are right, productops"
        f" quarantine accept {CODE} --source {source} --file '{file}'",
    )


GATE = Gate(
    name="time_zone",
    border=RAW,
    severity=HOLD,
    protects="an event counts for the hour and the day on which it happened",
    check=check,
)
