-- grain: one row per Mixpanel event key; copies that differ in a rewritten distinct id are
-- flagged, not removed
{{ config(
    materialized='incremental',
    unique_key='event_id',
    post_hook=["{{ forget_replaced_rows('mixpanel') }}", "{{ remember_loads('mixpanel') }}"],
) }}

with

source as not materialized (

    select * from {{ source('mixpanel', 'events') }}

),

ids as not materialized (

    select
        *,
        {{ mixpanel_device_id() }} as known_device_id

    from source

),

-- the vendor rewrites distinct_id late and in part, so what was sent comes first: the explicit
-- user, then the id before a merge; a device's id in its place says that nobody was known
users as not materialized (

    select
        *,
        coalesce(
            {{ valid_id('user_id') }},
            {{ mixpanel_user_id('distinct_id_before_identity', 'known_device_id') }},
            case
                when {{ valid_id('distinct_id_before_identity') }} is null
                    then {{ mixpanel_user_id('distinct_id', 'known_device_id') }}
            end
        ) as known_user_id,
        {{ valid_id("regexp_replace(distinct_id, '^[$]device:', '')") }} as cluster_id

    from ids

),

renamed as not materialized (

    select
        -- ids
        _identity as event_id,
        'mixpanel' as source,
        _project as project,
        event as source_event_name,
        known_user_id as user_id,
        known_device_id as device_id,
        cast(null as varchar) as anonymous_id,
        distinct_id as source_person_id,
        -- the id that the vendor gives the person, where it is neither the user's nor the device's
        nullif(nullif(cluster_id, known_user_id), known_device_id) as link_id,

        -- attributes
        properties,
        {{ event_shape('event', 'properties') }} as shape_key,
        cast(null as varchar) as person_properties,
        cast(null as varchar) as groups,
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

    from users

),

{{ live_event_ctes('mixpanel', has_second_key=true) }}

select * from live
