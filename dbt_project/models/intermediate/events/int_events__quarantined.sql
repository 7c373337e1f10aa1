-- grain: one row per event that breaks a rule whose mode is quarantine
-- It is kept and counted as a violation; every number leaves it out.
with

events as (

    select
        event_id,
        source,
        source_event_name,
        shape_key,
        occurred_at
    from {{ ref('int_events__unioned') }}

),

verdicts as (

    select
        source,
        shape_key
    from {{ ref('int_events__verdicts') }}
    where is_quarantined

),

sunsets as (

    select * from {{ ref('int_events__sunsets') }}
    where mode = 'quarantine'

),

by_verdict as (

    select events.event_id
    from events
    semi join verdicts
        on events.source = verdicts.source and events.shape_key = verdicts.shape_key

),

by_sunset as (

    select events.event_id
    from events
    semi join sunsets
        on
            events.source = sunsets.source
            and events.source_event_name = sunsets.source_event_name
            and events.occurred_at >= sunsets.sunset_at

),

by_value as (

    select event_id
    from {{ ref('int_events__event_violations') }}
    where mode = 'quarantine'

),

quarantined as (

    select event_id from by_verdict
    union
    select event_id from by_sunset
    union
    select event_id from by_value

)

select * from quarantined
