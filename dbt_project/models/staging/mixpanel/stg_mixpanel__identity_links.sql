-- grain: one row per pair of Mixpanel ids that an identity event or the exported mapping joins
with

identity_events as (

    select
        project,
        source_event_name,
        properties,
        user_id
    from {{ ref('stg_mixpanel__events') }}
    where source_event_name in ('$identify', '$create_alias', '$merge')

),

pairs as (

    select
        project,
        case source_event_name
            when '$identify' then json_extract_string(properties, '$."$anon_id"')
            when '$create_alias' then json_extract_string(properties, '$.alias')
            else json_extract_string(properties, '$."$distinct_ids"[0]')
        end as left_id,
        case source_event_name
            when
                '$identify'
                then coalesce(json_extract_string(properties, '$."$identified_id"'), user_id)
            when '$create_alias' then user_id
            else json_extract_string(properties, '$."$distinct_ids"[1]')
        end as right_id,
        source_event_name = '$identify' as is_left_anonymous

    from identity_events

    union all

    select
        project,
        distinct_id as left_id,
        resolved_distinct_id as right_id,
        distinct_id like '$device:%' as is_left_anonymous
    from {{ ref('stg_mixpanel__identity_mappings') }}

),

links as (

    select
        project,
        {{ valid_id("regexp_replace(left_id, '^[$]device:', '')") }}
            as left_id,
        {{ valid_id("regexp_replace(right_id, '^[$]device:', '')") }}
            as right_id,
        bool_or(is_left_anonymous) as is_left_anonymous

    from pairs
    where left_id is not null and right_id is not null
    group by all

)

select * from links
where left_id != right_id
