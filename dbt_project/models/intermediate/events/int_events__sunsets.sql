-- grain: one row per event name as a source spells it that is not welcome from an instant on
with

names as (

    select
        source,
        source_event_name,
        plan_event_name,
        sunset_at
    from {{ ref('int_events__names') }}
    where sunset_at is not null

),

modes as (

    select * from {{ ref('int_events__rule_modes') }}
    where rule = 'deprecated_event_seen'

),

sunsets as (

    select
        names.source,
        names.source_event_name,
        names.sunset_at,
        modes.mode

    from names
    inner join modes
        on names.plan_event_name = modes.plan_event_name

)

select * from sunsets
