-- grain: one row per event whose project takes the vendor's sessions and that has a session id
-- Nothing is read where no project chose them. -1 is Amplitude's word for no session.
{{ config(materialized='view') }}

with

declared as (

    select
        unnest(
            from_json(vendor_sessions, '[{"source": "VARCHAR", "project": "VARCHAR"}]')
        ) as place
    from {{ ref('stg_company__settings') }}

),

chosen as (

    select
        place.source,
        place.project
    from declared

),

amplitude as (

    select
        events.event_id,
        events.vendor_session_id
    from {{ ref('stg_amplitude__events') }} as events
    semi join chosen
        on events.source = chosen.source and events.project = chosen.project

),

posthog as (

    select
        events.event_id,
        json_extract_string(events.properties, '$."$session_id"') as vendor_session_id
    from {{ ref('stg_posthog__events') }} as events
    semi join chosen
        on events.source = chosen.source and events.project = chosen.project

),

generic as (

    select
        events.event_id,
        json_extract_string(events.properties, '$.session_id') as vendor_session_id
    from {{ ref('stg_events__events') }} as events
    semi join chosen
        on events.source = chosen.source and events.project = chosen.project

),

named as (

    select * from amplitude
    union all
    select * from posthog
    union all
    select * from generic

)

select
    event_id,
    trim(vendor_session_id) as vendor_session_id
from named
where trim(vendor_session_id) not in ('', '-1')
