"""A day whose events drop by 30 % or double against the same weekday is named, with where it comes from (case 91).

Median of the same weekday over four weeks of the source's own history: a mean with z-scores finds next to nothing of
drops of 15 to 50 %, the robust median nearly all (docs/decisions). Sources are judged as a whole and event by event.
Warns; holds only a whole source with a declared cadence.
"""

from __future__ import annotations

from ingestion.contract import all_contracts
from quality.gate import HOLD, MARTS, WARN, Evidence, Gate, GateResult

WEEKS = 4
DROP, RISE = 0.7, 2.0
# Below this many events a day the share says nothing.
EVENTS = 100
# Chance moves a count by its root; so many roots are no chance.
ROOTS = 5
# A weekday that moved as far in the last weeks is no news.
BEYOND = 0.1
EXPLAINS = 0.5  # of the difference must lie in one event, platform or version for it to be named
LISTED = 10

_UNUSUAL = """
with days as (
    select source, project, local_date, unnest([null, event_name]) as event_name, events
    from warehouse.marts.fct_event_days
),
counted as (
    select source, project, event_name, local_date, sum(events)::bigint as events from days group by all
),
last_day as (
    -- The newest day of a source is mostly a part of a day; the one before it is complete.
    select source, project, max(local_date) - 1 as local_date from days group by all
),
names as (
    select source, project, event_name from counted group by all having max(events) >= $least
),
compared as (
    select last_day.source, last_day.project, names.event_name, last_day.local_date,
        coalesce(any_value(today.events), 0) as events, median(before.events) as usual,
        min(before.events) as least, max(before.events) as most, count(before.events) as weeks
    from last_day
    inner join names
        on last_day.source = names.source and last_day.project = names.project
    left join counted as today
        on today.source = names.source and today.project = names.project
        and today.event_name is not distinct from names.event_name and today.local_date = last_day.local_date
    left join counted as before
        on before.source = names.source and before.project = names.project
        and before.event_name is not distinct from names.event_name
        and before.local_date in (
            last_day.local_date - 7, last_day.local_date - 14, last_day.local_date - 21, last_day.local_date - 28
        )
    group by all
)
select source, project, event_name, local_date, events, usual from compared
where weeks = $weeks and usual >= $least and abs(events - usual) >= $roots * sqrt(usual)
    and (events < usual * $drop and events < least * (1 - $beyond) or events > usual * $rise and events > most * (1 + $beyond))
order by source, project, event_name nulls first, abs(events - usual) desc
"""
# Vendors that give the application's version a column of its own; the others put it among the properties.
_VERSION_COLUMN = "version_name"
_NO_VERSIONS = "select null::varchar as event_id, null::varchar as version where false"
_VERSIONS = """
    select _identity as event_id, max(version_name) as version
    from read_parquet($files, union_by_name = true, hive_partitioning = false) group by all
"""
_PARTS = """
with events as (
    select event_id, event_name, platform, local_date, try_cast(properties as json) as bag
    from warehouse.marts.fct_events
    where source = $source and project = $project and event_name = coalesce($event, event_name)
        and local_date in ($day::date, $day::date - 7, $day::date - 14, $day::date - 21, $day::date - 28)
),
versions as ({versions}),
counted as (
    select events.local_date,
        unnest([
            {{'what': 'event', 'name': events.event_name}}, {{'what': 'platform', 'name': events.platform}},
            {{'what': 'app version', 'name': coalesce(
                versions.version, bag ->> '$."$app_version"', bag ->> '$."$app_version_string"', bag ->> '$.app_version'
            )}}
        ]) as part
    from events left join versions on events.event_id = versions.event_id
),
compared as (
    select part.what as what, part.name as name, count(*) filter (where local_date = $day::date) as events,
        count(*) filter (where local_date <> $day::date) / 4 as usual
    from counted where part.name is not null group by all
)
select what, arg_max(name, (events - usual) * $sign), arg_max(events, (events - usual) * $sign),
    arg_max(usual, (events - usual) * $sign)
from compared
where not (what = 'event' and $event is not null)
-- With one value only, its name says nothing.
group by what having count(*) > 1 and max((events - usual) * $sign) >= $difference
order by what = 'app version', what
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not evidence.has("marts.fct_event_days"):
        return [GATE.passed("no events")]
    unusual = evidence.rows(
        _UNUSUAL,
        {
            **{"weeks": WEEKS, "least": EVENTS, "roots": ROOTS, "drop": DROP, "rise": RISE},
            **{"beyond": BEYOND},
        },
    )
    whole = {(source, project) for source, project, event, *_ in unusual if event is None}
    # Where a whole source is unusual, its message names the event; each of its events again would only repeat it.
    told = [row for row in unusual if row[2] is None or (row[0], row[1]) not in whole]
    results = [_result(evidence, *row) for row in told[:LISTED]]
    return results or [GATE.passed("the last complete day of every source is of the usual size")]


def _result(
    evidence: Evidence,
    source: str,
    project: str,
    event: str | None,
    day: object,
    events: int,
    usual: float,
) -> GateResult:
    is_promised = event is None and (source, project) in evidence.cadences
    what = f"{source}/{project}" if event is None else f"{source}/{project}: {event}"
    return GateResult(
        GATE.name,
        HOLD if is_promised else WARN,
        False,
        f"{what}: {events} events on {day}, usually {usual:.0f} on that weekday"
        + _parts(evidence, source, project, event, day, events - usual),
        measured=f"{events / usual:.0%}",
        allowed=f"{DROP:.0%} to {RISE:.0%}",
        fix=f"check that all exports of {day} arrived in landing/{source}/{project}/",
    )


def _parts(
    evidence: Evidence, source: str, project: str, event: str | None, day: object, difference: float
) -> str:
    """Where most of the difference lies."""
    if not evidence.has_columns("marts.fct_events", "properties", "platform"):
        return ""
    asked: dict[str, object] = {
        **{"source": source, "project": project, "event": event, "day": str(day)},
        **{"sign": 1 if difference > 0 else -1, "difference": EXPLAINS * abs(difference)},
    }
    versions = _NO_VERSIONS
    contract = all_contracts().get(source)
    for table in contract.tables if contract else ():
        files = [str(file) for file in (evidence.lake / source / table.name).glob("*/*.parquet")]
        if files and any(column.name == _VERSION_COLUMN for column in table.columns):
            versions, asked["files"] = _VERSIONS, files
    parts = evidence.rows(_PARTS.format(versions=versions), asked)
    told = [f"{what} {name} ({now} for {usual:.0f})" for what, name, now, usual in parts]
    return f"; mostly {', '.join(told)}" if told else ""


GATE = Gate(
    name="volume",
    border=MARTS,
    severity=WARN,
    protects="half a day's export is seen before its numbers are believed",
    check=check,
)
