-- grain: one row per event name, planned or seen

-- @temp trust
with

seen as (

    select
        event_name,
        min(first_at) as first_seen,
        max(last_at) as last_seen,
        cast(sum(events) as bigint) as events,
        cast(sum(violating_events) as bigint) as violations

    from marts.fct_event_days

    where ($project is null or project = $project)
        and ($source is null or source = $source)
        and ($from_at is null or last_at >= $from_at)
        and ($to_at is null or first_at < $to_at)
        and (not $as_of_given or first_at < $as_of)

    group by all

),

planned as (

    select
        event_name,
        status,
        owner,
        description

    from marts.dim_events

)

select
    coalesce(planned.event_name, seen.event_name) as event,
    coalesce(planned.status, 'unplanned') as status,
    planned.owner,
    planned.description,
    seen.first_seen,
    seen.last_seen,
    coalesce(seen.events, 0) as events,
    coalesce(seen.violations, 0) as violations

from planned

full join seen
    on planned.event_name = seen.event_name

where len($event_names::varchar[]) = 0
    or coalesce(planned.event_name, seen.event_name) in (select unnest($event_names::varchar[]))

-- @rows
select *
from trust
order by events desc, event

-- @summary
select
    count(*) as event_names,
    count(*) filter (where status = 'unplanned') as unplanned,
    cast(coalesce(sum(events), 0) as bigint) as events,
    cast(coalesce(sum(violations), 0) as bigint) as violations,
    sum(violations) / nullif(sum(events), 0) as violation_share,
    sum(events) filter (where owner is not null) / nullif(sum(events), 0) as owned_share

from trust
