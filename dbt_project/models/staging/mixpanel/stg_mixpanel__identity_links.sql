-- grain: one row per pair of Mixpanel ids and the kind of statement that joins them
-- An original-merge project says it in events, a pipeline in a table of its own.
with

identity_events as (

    select
        project,
        source_event_name,
        properties,
        coalesce(json_extract_string(properties, '$.distinct_id'), user_id, device_id)
            as distinct_id,
        device_id,
        occurred_at
    from {{ ref('stg_mixpanel__events') }}
    where source_event_name in ('$identify', '$create_alias', '$merge')

),

merged_lists as (

    select
        project,
        json_extract_string(properties, '$."$distinct_ids"[*]') as distinct_ids,
        occurred_at
    from identity_events
    where source_event_name = '$merge'

),

pairs as (

    select
        project,
        coalesce(json_extract_string(properties, '$."$anon_id"'), device_id) as left_id,
        coalesce(json_extract_string(properties, '$."$identified_id"'), distinct_id) as right_id,
        'identify' as kind,
        occurred_at as linked_at
    from identity_events
    where source_event_name = '$identify'

    union all

    select
        project,
        json_extract_string(properties, '$.alias') as left_id,
        distinct_id as right_id,
        'alias' as kind,
        occurred_at as linked_at
    from identity_events
    where source_event_name = '$create_alias'

    union all

    select
        project,
        unnest(distinct_ids[2:]) as left_id,
        distinct_ids[1] as right_id,
        'merge' as kind,
        occurred_at as linked_at
    from merged_lists

    union all

    select
        project,
        distinct_id as left_id,
        resolved_distinct_id as right_id,
        'mapping' as kind,
        cast(null as timestamp) as linked_at
    from {{ ref('stg_mixpanel__identity_mappings') }}

),

links as (

    select
        project,
        kind,
        {{ valid_id("regexp_replace(left_id, '^[$]device:', '')") }} as left_id,
        {{ valid_id("regexp_replace(right_id, '^[$]device:', '')") }} as right_id,
        coalesce(starts_with(left_id, '$device:'), false) as is_left_device,
        coalesce(starts_with(right_id, '$device:'), false) as is_right_device,
        linked_at

    from pairs

)

select
    project,
    left_id,
    right_id,
    kind,
    bool_or(is_left_device) as is_left_device,
    bool_or(is_right_device) as is_right_device,
    min(linked_at) as linked_at

from links
where left_id != right_id
group by all
