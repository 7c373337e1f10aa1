"""Of each property, by event, source, platform and day: on how many events it stands, and the middle of its numbers.

Knows fct_events and the loads that the published version was made of; looks only at days that new loads wrote to and at
the four weeks before them, and opens at most SAMPLE events of a name and day. Must not judge anything.
"""

from __future__ import annotations

from quality.gate import Evidence

WEEKS = 4
NEWEST_DAYS = 35  # of a long delivery only the end is looked at
SAMPLE = 100
OCCURRENCES = 20  # a key that is seldom seen says nothing, and ten thousand such keys cost much

_TABLE = """
create or replace temp table property_days as
with
old_loads as (
    select unnest(?::bigint[]) as load_id
),
loads as (
    select load_id, source, project, coalesce(contains(accepted, 'DISTRIBUTION'), false) as is_accepted
    from read_parquet(?) where state in ('live', 'superseded')
),
known as (
    select distinct source, project from loads semi join old_loads using (load_id)
),
new_loads as (
    select load_id from loads anti join old_loads using (load_id) where not is_accepted
),
touched as (
    select distinct source, project, local_date from warehouse.marts.fct_events semi join new_loads using (load_id)
),
last_days as (
    select source, project, max(local_date) as last_new from touched group by all
),
span as (
    select source, project, last_new, min(local_date) as first_new
    from touched inner join last_days using (source, project)
    where local_date > last_new - ? group by all
),
beginning as (
    select source, project, min(local_date) as first_date from warehouse.marts.fct_events group by all
),
event_days as (
    select source, project, event_name, coalesce(platform, '') as platform, local_date, count(*) as events
    from warehouse.marts.fct_events inner join span using (source, project)
    where local_date between first_new - ? and last_new
    group by all
),
opened as (
    select days.source, days.project, days.event_name, days.platform, days.local_date,
        try_cast(try_cast(events.properties as json) as map(varchar, json)) as bag
    from warehouse.marts.fct_events as events
    inner join event_days as days
        on events.source = days.source and events.project = days.project and events.event_name = days.event_name
        and coalesce(events.platform, '') = days.platform and events.local_date = days.local_date
    where hash(events.event_id) % days.events < ?
),
opened_days as (
    select source, project, event_name, platform, local_date, count(*) as events from opened group by all
),
entries as (
    select source, project, event_name, platform, local_date, unnest(map_entries(bag)) as entry from opened
),
values_of as (
    select source, project, event_name, platform, local_date, entry.key as property,
        abs(try_cast(entry.value ->> '$' as double)) as number
    from entries
    where json_type(entry.value) <> 'NULL'
        -- What the vendors' libraries add by themselves is not the sender's unit.
        and not regexp_matches(entry.key, '^(\\$|mp_|utm_|\\[)') and entry.key not in ('token', 'distinct_id', 'time')
),
found as (
    select source, project, event_name, platform, property, local_date, count(*) as present,
        count(number) filter (where number > 0) as numbers, median(number) filter (where number > 0) as middle
    from values_of group by all
),
keys as (
    select source, project, event_name, platform, property
    from found group by all having sum(present) >= ?
)
-- A day on which the property stands on no event is a row too.
select days.source, days.project, days.event_name, days.platform, keys.property, days.local_date, days.events,
    coalesce(found.present, 0) as present, coalesce(found.numbers, 0) as numbers, found.middle,
    touched.local_date is not null and touched.local_date >= span.first_new as is_new,
    known.source is null as is_first_load,
    days.local_date - beginning.first_date >= ? as has_history
from opened_days as days
inner join keys using (source, project, event_name, platform)
inner join span using (source, project)
inner join beginning using (source, project)
left join found using (source, project, event_name, platform, property, local_date)
left join touched using (source, project, local_date)
left join known using (source, project)
"""


def prepare(evidence: Evidence) -> bool:
    """Lay the temporary table `property_days` in the gates' own session, once; false where nothing new is to be judged."""
    if not evidence.has_columns("marts.fct_events", "properties", "platform", "load_id"):
        return False
    if not evidence.rows("select 1 from duckdb_tables() where table_name = 'property_days'"):
        known = sorted(evidence.published_loads)
        evidence.rows(
            _TABLE,
            [
                *(known, evidence.loads_file, NEWEST_DAYS),
                *(7 * WEEKS, SAMPLE, OCCURRENCES, 7 * WEEKS),
            ],
        )
    return bool(evidence.rows("select 1 from property_days where is_new limit 1"))
