-- grain: one row per reason, rule, person, event name, source, project and day of events that no
-- answer counts
with

events as (

    select
        left_out_because,
        person_key,
        event_name,
        source,
        project,
        local_date
    from {{ ref('fct_events') }}
    where left_out_because is not null

),

internal_persons as (

    select * from {{ ref('int_identity__internal_persons') }}

),

left_out as (

    select
        events.left_out_because,
        case
            when events.left_out_because = 'internal' then internal_persons.rule
            else events.left_out_because
        end as rule,
        events.person_key,
        events.event_name,
        events.source,
        events.project,
        events.local_date,
        count(*) as events

    from events
    left join internal_persons
        on events.person_key = internal_persons.person_key
    group by all

)

select * from left_out
