-- grain: one row per day or week, and part where the days are split

-- @temp days
with

slices as (

    select
        local_date,
        case $group
            when 'source' then source
            when 'platform' then coalesce(platform, '')
            when 'version' then coalesce(event_version, '')
            when 'spelling' then source_event_name
        end as part,
        sum(events) as events,
        sum(violating_events) as violations

    from marts.fct_event_slices

    where event_name in (select unnest($event_names::varchar[]))
        and ($project is null or project = $project)
        and ($source is null or source = $source)
        and ($from_at is null or local_date >= cast(timezone($zone, timezone('UTC', $from_at)) as date))
        and ($to_at is null or local_date < cast(timezone($zone, timezone('UTC', $to_at)) as date))
        and (not $as_of_given or first_at < $as_of)
    group by all

),

span as (

    select
        min(local_date) as first_on,
        -- the last day of the data belongs to the picture also where nothing arrived on it
        greatest(
            max(local_date),
            least(
                cast(timezone($zone, timezone('UTC', $as_of - interval 1 microsecond)) as date),
                coalesce(cast(timezone($zone, timezone('UTC', $to_at)) as date) - 1, date '9999-01-01')
            )
        ) as last_on

    from slices

),

spine as (

    select cast(unnest(generate_series(first_on, last_on, interval 1 day)) as date) as local_date
    from span

),

parts as (

    select distinct part from slices

)

select
    spine.local_date,
    parts.part,
    coalesce(slices.events, 0) as events,
    coalesce(slices.violations, 0) as violations

from spine
cross join parts
left join slices
    on spine.local_date = slices.local_date and parts.part is not distinct from slices.part

-- @temp periods
select
    case
        when $period = 'week' then local_date - cast((date_diff('day', date '1970-01-01', local_date) + $shift) % 7 as integer)
        else local_date
    end as local_date,
    part,
    case when $period = 'week' then 7 else 1 end as length,
    sum(events) as events,
    sum(violations) as violations

from days
group by all

-- @rows
select
    strftime(local_date, '%Y-%m-%d') as period_start,
    part,
    cast(events as bigint) as events,
    cast(violations as bigint) as violations,
    violations / nullif(events, 0) as violation_share,
    timezone('UTC', timezone($zone, cast(local_date + length as timestamp))) <= $as_of as complete

from periods
order by local_date, part

-- @summary
select
    cast(coalesce(sum(events), 0) as bigint) as events,
    cast(coalesce(sum(violations), 0) as bigint) as violations,
    count(distinct local_date) filter (where events > 0) as days_with_events

from days
