-- grain: one row per event name, property, rule, source and project
with

events as (

    select
        event_id,
        event_name,
        source,
        project,
        plan_status,
        violations,
        occurred_at
    from {{ ref('fct_events') }}
    where violations != ''

),

property_violations as (

    select * from {{ ref('int_events__property_violations') }}

),

listed as (

    select
        events.event_id,
        events.event_name,
        events.source,
        events.project,
        cast(null as varchar) as property,
        case
            when events.plan_status = 'unplanned' then 'unplanned_event' else
                'deprecated_event_seen'
        end as rule,
        events.occurred_at

    from events
    where events.plan_status in ('unplanned', 'deprecated', 'removed')

    union all by name

    select
        events.event_id,
        events.event_name,
        events.source,
        events.project,
        property_violations.property,
        property_violations.rule,
        events.occurred_at

    from events
    inner join property_violations
        on events.event_id = property_violations.event_id

),

counted as (

    select
        event_name,
        property,
        rule,
        source,
        project,
        count(distinct event_id) as events,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        min(event_id) as example_event_id

    from listed
    group by all

)

select * from counted
