"""What else happened in some days: releases, features, tracking changes, experiments, incidents of the data.

Knows the marts and the ledger that say so. Must not know any question, and never says that one thing caused another.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from dashboards import ledger
from dashboards.engine.scope import Scope

MOST = 60


@dataclass(frozen=True)
class Happening:
    """One thing on the time line; `kind` is release, feature, tracking, experiment or data."""

    on: date
    kind: str
    name: str
    detail: str


# Each gives (day, kind, name, detail) and asks for the days from `$first` to before `$end`.
_TOLD_BY = {
    "marts.dim_releases": """
        select min(released_on) as on_day, 'release' as kind, release as name, 'released' as detail
        from marts.dim_releases
        group by release
        having min(released_on) >= $first and min(released_on) < $end
    """,
    "marts.dim_events": """
        with changes as (
            select event_name, feature, value_event, live_from as on_day, 'went live' as detail from marts.dim_events
            union all
            select event_name, feature, false, deprecated_from, 'deprecated' from marts.dim_events
            union all
            select event_name, feature, false, removed_from, 'removed' from marts.dim_events
        )
        select
            on_day,
            case when value_event and feature is not null then 'feature' else 'tracking' end as kind,
            case when value_event and feature is not null then feature else event_name end as name,
            min(detail) as detail
        from changes
        where on_day >= $first and on_day < $end
        group by all
    """,
    "marts.dim_experiments": """
        with changes as (
            select coalesce(name, experiment_id) as name, start_date as on_day, 'started' as detail from marts.dim_experiments
            union all
            select coalesce(name, experiment_id), end_date, 'ended' from marts.dim_experiments
        )
        select on_day, 'experiment' as kind, name, detail
        from changes
        where on_day >= $first and on_day < $end
        group by all
    """,
    ledger.TABLE: """
        select
            period_start as on_day, 'data' as kind, replace(metric, '_', ' ') || ' restated' as name,
            min(replace(cause, '_', ' ')) as detail
        from ledger.restatements
        where period = 'day' and period_start >= $first and period_start < $end
        group by all
    """,
}

# A source that sends on some days and on no event at all on a day between them.
_SILENT_DAYS = """
    with sent as (
        select distinct source, project, local_date from marts.fct_event_days
    ),
    gaps as (
        select
            source, project, local_date,
            lead(local_date) over (partition by source, project order by local_date) as next_date
        from sent
    )
    select
        local_date + 1 as on_day, 'data' as kind, 'nothing from ' || source || ' ' || project as name,
        (next_date - local_date - 1)::varchar || ' days without an event' as detail
    from gaps
    where next_date - local_date > $longest and local_date + 1 >= $first and local_date + 1 < $end
"""
LONGEST_PAUSE = 3  # days; a weekend without anybody is no incident


def happenings(scope: Scope, first: date, end: date) -> list[Happening]:
    """What is known to have happened from `first` to before `end`, the earliest first."""
    days = {"first": first, "end": end}
    found: list[Happening] = []
    for table, sql in _TOLD_BY.items():
        if scope.published.has(table):
            found += [Happening(*row) for row in scope.session.run(sql, days)]
    if scope.published.has("marts.fct_event_days"):
        pauses = scope.session.run(_SILENT_DAYS, {**days, "longest": LONGEST_PAUSE})
        found += [Happening(*row) for row in pauses]
    found.sort(key=lambda h: (h.on, h.kind, h.name, h.detail))
    if len(found) > MOST:
        scope.caveat(f"The time line names the first {MOST} of {len(found)} things.")
    return found[:MOST]


def told(found: list[Happening]) -> list[dict[str, Any]]:
    """The time line as an answer's summary holds it."""
    return [{**asdict(h), "on": h.on.isoformat()} for h in found]
