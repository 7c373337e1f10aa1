-- grain: one row per source and project with records that carry a time
with

events as (

    select
        source,
        project,
        max(occurred_at) filter (where not contains(coalesce(flags, ''), 'CLOCK_SKEW'))
            as last_event_at
    from {{ ref('int_events__unioned') }}
    group by all

),

records as (

    select
        source,
        project,
        last_event_at
    from {{ ref('int_records__last_seen') }}

),

times as (

    select * from events
    union all by name
    select * from records

)

select
    source,
    project,
    max(last_event_at) as last_event_at

from times
group by all
