"""What else happened in some days: releases, features, experiments, changes of tracking, incidents of the data (D6).

Knows the marts and the ledger that say so. Must not know any question, and never says that one thing caused another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dashboards import ledger
from dashboards.engine.scope import Scope

KINDS = ("release", "feature", "experiment", "tracking", "data")
MOST = 20  # of a kind; the rest is counted


@dataclass(frozen=True)
class Happening:
    """One thing on a day of the reporting zone; `kind` is release, feature, experiment, tracking or data."""

    at: date
    kind: str
    name: str
    detail: str


def happenings(scope: Scope, first: date, end: date) -> list[Happening]:
    """What is known to have happened from `first` to before `end`, the earliest first."""
    found: list[Happening] = []
    for kind, (table, sql) in _SOURCES.items():
        if not all(scope.published.has(name) for name in table):
            continue
        known = {
            "first": first,
            "end": end,
            "project": scope.params.get("project"),
            "source": scope.params.get("source"),
            "first_at": scope.calendar.midnight(first),
            "end_at": scope.calendar.midnight(end),
        }
        named = set(re.findall(r"\$(\w+)", sql))  # DuckDB refuses surplus ones
        params = {name: value for name, value in known.items() if name in named}
        rows = scope.session.rows(sql, params)
        if len(rows) > MOST:
            scope.caveat(f"{len(rows) - MOST} more rows of “{kind}” in these days are not listed.")
        found += [_happening(scope, kind.split(":")[0], row) for row in rows[:MOST]]
    return sorted(found, key=lambda h: (h.at, h.kind, h.name))


def _happening(scope: Scope, kind: str, row: dict[str, Any]) -> Happening:
    at = row["happened"]
    day = scope.calendar.to_local(at).date() if isinstance(at, datetime) else at
    return Happening(day, row.get("kind") or kind, str(row["name"]), str(row["detail"] or ""))


# Each gives happened (a day, or an instant in UTC), name and detail; the most telling first.
_SOURCES: dict[str, tuple[tuple[str, ...], str]] = {
    "release": (
        ("marts.dim_releases",),
        """
        select min(released_on) as happened, release as name, 'released' as detail
        from marts.dim_releases
        group by release
        having happened >= $first and happened < $end
        order by happened desc, name
        """,
    ),
    "experiment": (
        ("marts.dim_experiments",),
        """
        with dated as (
            select experiment_id, name, area, start_date as happened, 'started' as what from marts.dim_experiments
            where type is distinct from 'result' and duplicate_of is null
            union all
            select experiment_id, name, area, end_date as happened, 'ended' as what from marts.dim_experiments
            where type is distinct from 'result' and duplicate_of is null
        )
        select distinct happened, coalesce(name, experiment_id) as name, concat_ws(' · ', what, area) as detail
        from dated
        where happened >= $first and happened < $end
        order by happened desc, name
        """,
    ),
    "tracking: a rule of the plan broken for the first time": (
        ("marts.fct_event_violations",),
        """
        select
            min(first_seen_at) as happened,
            event_name as name,
            rule || coalesce(' · ' || nullif(property, ''), '') || ' · ' || sum(events)::bigint || ' events' as detail
        from marts.fct_event_violations
        where events > 0 and mode is distinct from 'observe'
            and ($project is null or project = $project) and ($source is null or source = $source)
        group by event_name, rule, property
        having happened >= $first_at and happened < $end_at
        order by sum(events) desc, name, detail
        """,
    ),
    "tracking: a change of the plan": (
        ("marts.dim_events",),
        """
        with changes as (
            select event_name, feature, value_event, live_from as happened, 'went live' as detail from marts.dim_events
            union all
            select event_name, feature, false, deprecated_from, 'deprecated' from marts.dim_events
            union all
            select event_name, feature, false, removed_from, 'removed' from marts.dim_events
        )
        select
            happened,
            case when value_event and feature is not null then 'feature' else 'tracking' end as kind,
            case when value_event and feature is not null then feature else event_name end as name,
            min(detail) as detail
        from changes
        where happened >= $first and happened < $end
        group by all
        order by happened desc, name
        """,
    ),
    "tracking: an event that starts or stops": (
        ("marts.fct_event_days",),
        """
        with reach as (
            select source, project, min(local_date) as first_on, max(local_date) as last_on
            from marts.fct_event_days
            where ($project is null or project = $project) and ($source is null or source = $source)
            group by all
        ),

        days as (
            select event_name, source, project, min(local_date) as first_on, max(local_date) as last_on, sum(events) as events
            from marts.fct_event_days
            group by all
        ),

        edges as (
            select days.first_on as happened, days.event_name as name, days.source, 'first seen' as what, days.events
            from days
            inner join reach on days.source = reach.source and days.project = reach.project
            where days.first_on > reach.first_on
            union all
            -- a rare event that was not seen in the last week has not stopped
            select days.last_on + 1, days.event_name, days.source, 'no longer seen', days.events
            from days
            inner join reach on days.source = reach.source and days.project = reach.project
            where days.last_on < reach.last_on - 7 and days.events >= (days.last_on - days.first_on + 1)
        )

        select happened, name, what || ' in ' || source as detail
        from edges
        where happened >= $first and happened < $end
        order by events desc, name, detail
        """,
    ),
    "data: a restated number": (
        (ledger.TABLE,),
        """
        select
            min(period_start) as happened,
            replace(metric, '_', ' ') || ' restated' as name,
            count(*) || case when count(*) = 1 then ' day in ' else ' days in ' end || version
            || ' (' || array_to_string(list_sort(list(distinct replace(cause, '_', ' '))), ', ') || ')' as detail
        from ledger.restatements
        where measured_from = 'fct_events' and period = 'day' and period_start >= $first and period_start < $end
            and case when $source::varchar is null then subject = '' else subject = $source end
        group by metric, version
        order by happened desc, name, detail
        """,
    ),
    "data: a file that is not whole": (
        ("marts.fct_loads", "marts.fct_event_days"),
        """
        select
            coalesce(first_event_at, committed_at) as happened,
            source || ' ' || project as name,
            case
                when state = 'rejected' then 'a file was rejected'
                else quarantined || ' of ' || records_seen || ' records are in quarantine'
            end as detail
        from marts.fct_loads
        where (state = 'rejected' or quarantined > 0)
            and source in (select source from marts.fct_event_days)
            and ($project is null or project = $project) and ($source is null or source = $source)
            and happened >= $first_at and happened < $end_at
        order by quarantined desc nulls last, happened, name
        """,
    ),
    # A weekend without anybody is no incident.
    "data: days without events": (
        ("marts.fct_event_days",),
        """
        with days as (
            select distinct source, project, local_date
            from marts.fct_event_days
            where ($project is null or project = $project) and ($source is null or source = $source)
        ),

        gaps as (
            select source, project, local_date + 1 as happened, lead(local_date) over by_source as sent_again_on
            from days
            window by_source as (partition by source, project order by local_date)
        )

        select
            happened,
            'nothing from ' || source || ' ' || project as name,
            (sent_again_on - happened) || ' days without an event' as detail
        from gaps
        where sent_again_on - happened >= 3 and happened >= $first and happened < $end
        order by sent_again_on - happened desc, happened, name
        """,
    ),
}
