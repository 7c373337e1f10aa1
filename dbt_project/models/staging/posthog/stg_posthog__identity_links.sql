-- grain: one row per pair of PostHog distinct ids and the kind of event that joins them
with

identity_events as (

    select
        project,
        source_event_name,
        properties,
        coalesce(user_id, anonymous_id, device_id) as distinct_id,
        occurred_at
    from {{ ref('stg_posthog__events') }}
    where source_event_name in ('$identify', '$create_alias', '$merge_dangerously')

),

pairs as (

    select
        project,
        {{ valid_id("coalesce(properties ->> '$.$anon_distinct_id', properties ->> '$.alias')") }}
            as left_id,
        distinct_id as right_id,
        case source_event_name
            when '$identify' then 'identify'
            when '$create_alias' then 'alias'
            else 'merge'
        end as kind,
        occurred_at as linked_at

    from identity_events

)

select
    project,
    left_id,
    right_id,
    kind,
    min(linked_at) as linked_at

from pairs
where left_id != right_id
group by all
