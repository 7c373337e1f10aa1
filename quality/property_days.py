"""Of each property, by event, source, platform and day: on how many events it stands, and the middle of its numbers.

Knows fct_events and the loads that the published version was made of; looks only at days that new loads wrote to and at
the four weeks before them, and opens a few events of each name, platform and day. Must not judge anything.
"""

from __future__ import annotations

from quality.gate import Evidence

WEEKS = 4
NEWEST_DAYS, NEWEST_OF_FIRST = 35, 14  # of a long delivery only the end is looked at
# Events opened of a name, platform and day: few of the many days before, more of the few new days.
SAMPLE_BEFORE, SAMPLE_NEW, LEAST_NEW = 4, 200, 10
OPENED_NEW = 200_000  # of all names on new days, as long as LEAST_NEW of each allow
EVENTS = 30  # on new days; a name with fewer cannot be judged
OCCURRENCES = 20  # a key that is seldom seen says nothing, and ten thousand such keys cost much

_TABLE = """
create or replace temp table property_days as
with
old_loads as (
    select unnest($published::bigint[]) as load_id
),
loads as (
    select load_id, source, project, coalesce(contains(accepted, 'DISTRIBUTION'), false) as is_accepted
    from read_parquet($loads) where state in ('live', 'superseded')
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
    left join known using (source, project)
    where local_date > last_new - case when known.source is null then $newest_of_first else $newest end
    group by all
),
beginning as (
    select source, project, min(local_date) as first_date from warehouse.marts.fct_events group by all
),
all_days as (
    select events.source, events.project, events.event_name, coalesce(events.platform, '') as platform,
        events.local_date, count(*) as events,
        bool_or(touched.local_date is not null and events.local_date >= span.first_new) as is_new
    from warehouse.marts.fct_events as events
    inner join span using (source, project)
    left join touched using (source, project, local_date)
    where events.local_date between span.first_new - $days and span.last_new
    group by all
),
event_days as (
    select * from all_days
    qualify sum(events) filter (where is_new) over (partition by source, project, event_name, platform) >= $events
),
wanted as (
    select *,
        case when is_new
            then greatest(
                $least_new,
                least(
                    $sample_new / count(*) filter (where is_new) over (partition by source, project, event_name, platform),
                    events * $opened_new / sum(events) filter (where is_new) over ()
                )
            )
            else $sample_before
        end as sample
    from event_days
),
opened as (
    select days.source, days.project, days.event_name, days.platform, days.local_date, days.is_new,
        try_cast(try_cast(events.properties as json) as map(varchar, json)) as bag
    from warehouse.marts.fct_events as events
    inner join wanted as days
        on events.source = days.source and events.project = days.project and events.event_name = days.event_name
        and coalesce(events.platform, '') = days.platform and events.local_date = days.local_date
    where hash(events.event_id) % days.events < days.sample
),
opened_days as (
    select source, project, event_name, platform, local_date, is_new, count(*) as events from opened group by all
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
    from found group by all having sum(present) >= $occurrences
)
-- A day on which the property stands on no event is a row too.
select days.source, days.project, days.event_name, days.platform, keys.property, days.local_date, days.events,
    coalesce(found.present, 0) as present, coalesce(found.numbers, 0) as numbers, found.middle,
    days.is_new, known.source is null as is_first_load,
    days.local_date - beginning.first_date >= $days as has_history
from opened_days as days
inner join keys using (source, project, event_name, platform)
inner join beginning using (source, project)
left join found using (source, project, event_name, platform, property, local_date)
left join known using (source, project)
"""


def prepare(evidence: Evidence) -> bool:
    """Lay the temporary table `property_days` in the gates' own session, once; false where nothing new is to be judged."""
    if not evidence.has_columns("marts.fct_events", "properties", "platform", "load_id"):
        return False
    if not evidence.rows("select 1 from duckdb_tables() where table_name = 'property_days'"):
        evidence.rows(
            _TABLE,
            {
                **{"published": sorted(evidence.published_loads), "loads": evidence.loads_file},
                **{"days": 7 * WEEKS, "events": EVENTS},
                **{"newest": NEWEST_DAYS, "newest_of_first": NEWEST_OF_FIRST},
                **{"sample_before": SAMPLE_BEFORE, "sample_new": SAMPLE_NEW},
                **{"least_new": LEAST_NEW, "opened_new": OPENED_NEW, "occurrences": OCCURRENCES},
            },
        )
    return bool(evidence.rows("select 1 from property_days where is_new limit 1"))
