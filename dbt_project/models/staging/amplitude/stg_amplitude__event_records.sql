-- grain: one row per Amplitude event row id; retries by the second key are flagged, not removed
{{ config(
    materialized='incremental',
    unique_key='event_id',
    post_hook=["{{ forget_replaced_rows('amplitude') }}", "{{ remember_loads('amplitude') }}"],
) }}

with

source as not materialized (

    select
        *,
        -- costs of advertising that Amplitude pulls in itself: rows on a made-up device
        user_id is null and coalesce(starts_with(device_id, 'google-ad-'), false) as is_synthetic
    from {{ source('amplitude', 'events') }}

),

renamed as not materialized (

    select
        -- ids
        _identity as event_id,
        'amplitude' as source,
        _project as project,
        event_type as source_event_name,
        {{ valid_id('user_id') }} as user_id,
        case when not is_synthetic then {{ valid_id('device_id') }} end as device_id,
        cast(null as varchar) as anonymous_id,
        case when not is_synthetic then amplitude_id end as source_person_id,
        case when not is_synthetic then amplitude_id end as link_id,
        session_id as vendor_session_id,

        -- attributes
        event_properties as properties,
        {{ event_shape('event_type', 'event_properties') }} as shape_key,
        user_properties as person_properties,
        nullif(groups, '{}') as groups,
        platform,
        country,

        -- time
        event_time as occurred_at,
        server_upload_time as received_at,

        -- bookkeeping
        _flags as flags,
        _payload_hash as payload_hash,
        _second_identity as second_identity,
        _second_at as second_at,
        _load_id as load_id

    from source

),

{{ live_event_ctes('amplitude', has_second_key=true) }}

select * from live
