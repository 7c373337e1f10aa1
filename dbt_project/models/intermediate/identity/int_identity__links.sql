-- grain: one row per two ids that a vendor's statement joins, and the kind of statement
-- identify and alias join what one visitor is called; merge and mapping are the vendor's own
-- answer; rewritten is an id that the vendor put in the place of another.
with

actors as (

    select * from {{ ref('int_identity__actors') }}

),

-- Mixpanel's original projects take at most 500 ids into one person; later ones stay apart
mixpanel_links as (

    select *
    from {{ ref('stg_mixpanel__identity_links') }}
    qualify
        kind = 'mapping'
        or (
            row_number() over (
                partition by project, right_id, kind = 'mapping' order by linked_at, left_id, kind
            ) < {{ var('mixpanel_cluster_ids') }}
            and row_number() over (
                partition by project, left_id, kind = 'mapping' order by linked_at, right_id, kind
            ) < {{ var('mixpanel_cluster_ids') }}
        )

),

posthog_links as (

    select * from {{ ref('stg_posthog__identity_links') }}

),

links as (

    select
        'mixpanel' as source,
        project,
        left_id,
        right_id,
        kind,
        is_left_device,
        is_right_device,
        linked_at
    from mixpanel_links

    union all by name

    select
        'posthog' as source,
        project,
        left_id,
        right_id,
        kind,
        false as is_left_device,
        false as is_right_device,
        linked_at
    from posthog_links

    union all by name

    select
        source,
        project,
        coalesce(user_id, device_id) as left_id,
        link_id as right_id,
        'rewritten' as kind,
        user_id is null as is_left_device,
        false as is_right_device,
        min(first_at) as linked_at
    from actors
    where source = 'mixpanel' and link_id is not null and coalesce(user_id, device_id) is not null
    group by all

)

select * from links
