-- grain: one row per event name, source, project and day of the reporting zone
with

events as (

    select
        event_name,
        source,
        project,
        local_date,
        violations,
        is_flagged,
        occurred_at
    from {{ ref('fct_events') }}

),

days as (

    select
        event_name,
        source,
        project,
        local_date,
        count(*) as events,
        count(*) filter (where violations != '') as violating_events,
        count(*) filter (where is_flagged) as flagged_events,
        count(*) filter (where {{ breaks_rule('violations', 'unknown') }}) as unknown_events,
        count(*) filter (
            where {{ breaks_rule('violations', 'deprecated_event_seen') }}
        ) as sunset_events,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at

    from events
    group by all

)

select * from days
