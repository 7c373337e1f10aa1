-- grain: one row per event
-- Sorted by name, person and time: the order in which funnels, retention and daily actives read it.
with

events as (

    select * from {{ ref('int_events__unioned') }}

),

names as (

    select * from {{ ref('int_events__names') }}

),

persons as (

    select * from {{ ref('int_identity__event_persons') }}

),

internal_persons as (

    select
        person_key,
        true as is_internal
    from {{ ref('int_identity__internal_persons') }}

),

sessions as (

    select
        event_id,
        session_id
    from {{ ref('int_sessions__event_sessions') }}

),

settings as (

    select timezone from {{ ref('dim_settings') }}

),

property_violations as (

    select
        event_id,
        string_agg(distinct rule, ',' order by rule) as rules
    from {{ ref('int_events__property_violations') }}
    group by all

),

joined as (

    select
        -- ids
        events.event_id,
        events.source,
        events.project,
        names.event_name,
        events.source_event_name,
        persons.actor_id,
        persons.source_actor_id,
        persons.person_key,
        sessions.session_id,

        -- attributes
        names.feature,
        names.area,
        names.plan_status,
        names.is_active_event,
        names.is_value_event,
        coalesce(internal_persons.is_internal, false) as is_internal,
        events.properties,
        events.person_properties,
        events.platform,
        events.country,
        concat_ws(
            ',',
            case
                when names.has_plan and names.plan_status = 'unplanned' then 'unplanned_event'
                when names.plan_status in ('deprecated', 'removed') then 'deprecated_event_seen'
            end,
            property_violations.rules
        ) as violations,

        -- time
        events.occurred_at,
        events.received_at,
        {{ local_time('events.occurred_at', 'settings.timezone') }} as local_at,

        -- bookkeeping
        events.load_id

    from events
    cross join settings
    inner join names
        on events.source = names.source and events.source_event_name = names.source_event_name
    inner join persons
        on events.event_id = persons.event_id
    left join internal_persons
        on persons.person_key = internal_persons.person_key
    left join sessions
        on events.event_id = sessions.event_id
    left join property_violations
        on events.event_id = property_violations.event_id

),

facts as (

    select
        event_id,
        source,
        project,
        event_name,
        source_event_name,
        feature,
        area,
        plan_status,
        is_active_event,
        is_value_event,
        is_internal,
        actor_id,
        source_actor_id,
        person_key,
        session_id,
        occurred_at,
        received_at,
        local_at,
        cast(local_at as date) as local_date,
        properties,
        person_properties,
        platform,
        country,
        violations,
        load_id

    from joined

)

select * from facts
order by event_name, person_key, occurred_at
