-- grain: one row per event of a generic file
{{ config(
    materialized='incremental',
    unique_key='event_id',
    post_hook=["{{ forget_replaced_rows('events') }}", "{{ remember_loads('events') }}"],
) }}

with

source as not materialized (

    select * from {{ source('events', 'events') }}

),

renamed as not materialized (

    select
        -- ids
        _identity as event_id,
        'events' as source,
        _project as project,
        event as source_event_name,
        nullif(trim(user_id), '') as user_id,
        nullif(trim(device_id), '') as device_id,
        cast(null as varchar) as anonymous_id,
        cast(null as varchar) as source_person_id,
        cast(null as varchar) as link_id,

        -- attributes
        properties,
        {{ event_shape('event', 'properties') }} as shape_key,
        cast(null as varchar) as person_properties,
        cast(null as varchar) as groups,
        cast(null as varchar) as platform,
        cast(null as varchar) as country,

        -- time
        time_at as occurred_at,
        cast(null as timestamp) as received_at,

        -- bookkeeping
        _flags as flags,
        _payload_hash as payload_hash,
        _load_id as load_id

    from source

),

{{ live_event_ctes('events') }}

select * from live
