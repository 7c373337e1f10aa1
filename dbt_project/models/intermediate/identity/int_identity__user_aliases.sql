-- grain: one row per known user id that the vendor itself calls another name of a person
-- Only ids that share a person with another id are in here, so the closure below works on a
-- small table.
with

-- an event tells the person of its own time, the persons model the person of today
posthog_pairs as (

    select
        project,
        user_id,
        link_id as person_id
    from {{ ref('int_events__unioned') }}
    where source = 'posthog' and user_id is not null and link_id is not null

    union

    select
        project,
        {{ valid_id('distinct_id') }} as user_id,
        person_id
    from {{ ref('stg_posthog__person_ids') }}
    where not is_deleted and {{ valid_id('distinct_id') }} is not null

),

shared_persons as (

    select
        project,
        person_id
    from posthog_pairs
    group by all
    having count(*) > 1

),

mixpanel_links as (

    select * from {{ ref('stg_mixpanel__identity_links') }}

),

posthog_links as (

    select * from {{ ref('stg_posthog__identity_links') }}

),

-- nodes are tagged: a person id and a user id with the same text are different things
edges as (

    select
        'posthog' as source,
        posthog_pairs.project,
        'u:' || posthog_pairs.user_id as left_node,
        'p:' || posthog_pairs.person_id as right_node
    from posthog_pairs
    semi join shared_persons
        on
            posthog_pairs.project = shared_persons.project
            and posthog_pairs.person_id = shared_persons.person_id

    union

    select
        'posthog' as source,
        project,
        'u:' || left_id as left_node,
        'u:' || right_id as right_node
    from posthog_links

    union

    select
        'mixpanel' as source,
        project,
        'u:' || left_id as left_node,
        'u:' || right_id as right_node
    from mixpanel_links

),

both_ways as (

    select
        source,
        project,
        left_node,
        right_node
    from edges
    union
    select
        source,
        project,
        right_node as left_node,
        left_node as right_node
    from edges

),

reached as (
    {# closure #}

    with recursive walk as (

        select
            source,
            project,
            left_node as node,
            left_node as found
        from both_ways

        union

        select
            walk.source,
            walk.project,
            walk.node,
            both_ways.right_node as found
        from walk
        inner join both_ways
            on
                walk.source = both_ways.source
                and walk.project = both_ways.project
                and walk.found = both_ways.left_node

    )

    select * from walk

),

anonymous_ids as (

    select
        'posthog' as source,
        project,
        left_id as user_id
    from posthog_links
    where is_left_anonymous
    union
    select
        'mixpanel' as source,
        project,
        left_id as user_id
    from mixpanel_links
    where is_left_anonymous

),

arrived_users as (

    select
        source,
        project,
        user_id,
        min(occurred_at) as first_seen_at
    from {{ ref('int_events__unioned') }}
    where user_id is not null and source in ('posthog', 'mixpanel')
    group by all

),

-- the person's name: an id that was not anonymous, that arrived, that does not look generated,
-- the first seen
ranked as (

    select
        reached.source,
        reached.project,
        reached.node,
        substr(reached.found, 3) as canonical_user_id,
        row_number() over (
            partition by reached.source, reached.project, reached.node
            order by
                anonymous_ids.user_id is not null,
                arrived_users.user_id is null,
                regexp_matches(reached.found, '^u:[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}'),
                arrived_users.first_seen_at,
                reached.found
        ) as rank_in_person

    from reached
    left join anonymous_ids
        on
            reached.source = anonymous_ids.source
            and reached.project = anonymous_ids.project
            and reached.found = 'u:' || anonymous_ids.user_id
    left join arrived_users
        on
            reached.source = arrived_users.source
            and reached.project = arrived_users.project
            and reached.found = 'u:' || arrived_users.user_id
    where starts_with(reached.found, 'u:')

),

aliases as (

    select
        source,
        project,
        substr(node, 3) as user_id,
        canonical_user_id

    from ranked
    where rank_in_person = 1 and starts_with(node, 'u:')

)

select * from aliases
