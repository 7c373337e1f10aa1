-- grain: one row per pair of PostHog distinct ids that an identity event joins
with

identity_events as (

    select
        project,
        source_event_name,
        properties,
        coalesce(user_id, device_id) as distinct_id
    from {{ ref('stg_posthog__events') }}
    where source_event_name in ('$identify', '$create_alias', '$merge_dangerously')

),

pairs as (

    select
        project,
        {{ valid_id("coalesce(properties ->> '$.$anon_distinct_id', properties ->> '$.alias')") }}
            as left_id,
        distinct_id as right_id,
        source_event_name = '$identify' as is_left_anonymous

    from identity_events

),

links as (

    select
        project,
        left_id,
        right_id,
        bool_or(is_left_anonymous) as is_left_anonymous
    from pairs
    where left_id != right_id
    group by all

)

select * from links
