-- grain: one row per PostHog event
{{ config(
    materialized='incremental',
    unique_key='event_id',
    post_hook=["{{ forget_replaced_rows('posthog') }}", "{{ remember_loads('posthog') }}"],
) }}

with

source as not materialized (

    select * from {{ source('posthog', 'events') }}

),

unpacked as not materialized (

    select
        *,
        json_extract_string(
            properties,
            [
                '$."$device_id"', '$."$is_identified"', '$."$os"', '$."$geoip_country_name"',
                '$."$groups"'
            ]
        ) as vendor_properties

    from source

),

ids as not materialized (

    select
        *,
        {{ valid_id('vendor_properties[1]') }} as known_device_id,
        -- the SDK says whether identify() was called; an older one sends its device id until then
        event != '$identify'
        and coalesce(vendor_properties[2] = 'false', distinct_id = vendor_properties[1], false)
            as is_anonymous

    from unpacked

),

renamed as not materialized (

    select
        -- ids
        _identity as event_id,
        'posthog' as source,
        _project as project,
        event as source_event_name,
        case when not is_anonymous then {{ valid_id('distinct_id') }} end as user_id,
        coalesce(known_device_id, case when is_anonymous then {{ valid_id('distinct_id') }} end)
            as device_id,
        case when is_anonymous then {{ valid_id('distinct_id') }} end as anonymous_id,
        person_id as source_person_id,
        person_id as link_id,

        -- attributes
        properties,
        {{ event_shape('event', 'properties') }} as shape_key,
        person_properties,
        nullif(vendor_properties[5], '{}') as groups,
        vendor_properties[3] as platform,
        vendor_properties[4] as country,

        -- time
        timestamp_at as occurred_at,
        created_at as received_at,

        -- bookkeeping
        _flags as flags,
        _payload_hash as payload_hash,
        _load_id as load_id

    from ids

),

{{ live_event_ctes('posthog') }}

select * from live
