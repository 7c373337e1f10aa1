-- grain: one row per event name, property, rule, source, project, event version and platform
-- Counts events, never values: examples are event ids.
with

days as (

    select * from {{ ref('int_events__violation_days') }}

),

arrived as (

    select
        event_name,
        property,
        rule,
        mode,
        source,
        project,
        event_version,
        platform,
        min(detail) as detail,
        cast(sum(events) as bigint) as events,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        list_slice(list_sort(flatten(list(example_event_ids))), 1, 5) as example_event_ids

    from days
    group by all

),

-- whether an event should have arrived is measured by the data, never by the clock: its day must
-- be over in what was loaded
data_through as (

    select
        cast(
            {{ local_time('data_through.data_through_at', 'settings.timezone') }} as date
        ) as last_on

    from {{ ref('dim_data_through') }} as data_through
    cross join {{ ref('dim_settings') }} as settings

),

unseen as (

    select
        never.event_name,
        'planned_event_not_seen' as rule,
        never.mode,
        case
            when never.due_on > date '1900-01-01'
                then 'expected from ' || strftime(never.due_on, '%Y-%m-%d')
        end as detail,
        never.platform

    from {{ ref('int_events__unseen') }} as never
    cross join data_through
    where never.due_on < data_through.last_on

),

violations as (

    select * from arrived

    union all by name

    select
        event_name,
        rule,
        mode,
        detail,
        '*' as source,
        '*' as project,
        platform,
        cast(0 as bigint) as events
    from unseen

)

select
    event_name,
    property,
    rule,
    mode,
    detail,
    source,
    project,
    event_version,
    platform,
    events,
    first_seen_at,
    last_seen_at,
    example_event_ids[1] as example_event_id,
    cast(to_json(coalesce(example_event_ids, [])) as varchar) as example_event_ids

from violations
