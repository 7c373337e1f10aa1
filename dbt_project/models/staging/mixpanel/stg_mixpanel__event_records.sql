-- grain: one row per Mixpanel event key; copies that differ in a rewritten distinct id are
-- flagged, not removed
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_id',
    on_schema_change='fail',
    post_hook=["{{ forget_replaced_rows('mixpanel') }}", "{{ remember_loads('mixpanel') }}"],
) }}

with

source as not materialized (

    select * from {{ source('mixpanel', 'events') }}

),

ids as not materialized (

    select
        *,
        {{ valid_id("coalesce(device_id, nullif(split_part(distinct_id, '$device:', 2), ''))") }}
            as known_device_id

    from source

),

renamed as not materialized (

    select
        -- ids
        _identity as event_id,
        'mixpanel' as source,
        _project as project,
        event as source_event_name,
        -- the vendor rewrites distinct_id late and in part, so the explicit user id comes first
        coalesce(
            {{ valid_id('user_id') }},
            {{ mixpanel_user_id('distinct_id', 'known_device_id') }},
            {{ mixpanel_user_id('distinct_id_before_identity', 'known_device_id') }}
        ) as user_id,
        known_device_id as device_id,
        distinct_id as source_person_id,
        cast(null as varchar) as link_id,

        -- attributes
        properties,
        {{ event_shape('event', 'properties') }} as shape_key,
        cast(null as varchar) as person_properties,
        os as platform,
        country,

        -- time
        time_at as occurred_at,
        received_at,

        -- bookkeeping
        _flags as flags,
        _payload_hash as payload_hash,
        _second_identity as second_identity,
        _second_at as second_at,
        _load_id as load_id

    from ids

),

{{ live_event_ctes('mixpanel', has_second_key=true) }}

select * from live
