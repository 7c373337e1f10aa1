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

named as (

    {% for model, session_id in [
        ('stg_amplitude__events', 'events.vendor_session_id'),
        ('stg_posthog__events', "json_extract_string(events.properties, '$.\"$session_id\"')"),
        ('stg_events__events', "json_extract_string(events.properties, '$.session_id')"),
    ] -%}
        select
            events.event_id,
            {{ session_id }} as vendor_session_id
        from {{ ref(model) }} as events
        semi join chosen
            on events.source = chosen.source and events.project = chosen.project
        {{ 'union all' if not loop.last }}

    {% endfor %}

)

select
    event_id,
    trim(vendor_session_id) as vendor_session_id
from named
where trim(vendor_session_id) not in ('', '-1')
