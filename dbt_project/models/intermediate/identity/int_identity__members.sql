-- grain: one row per id that a vendor joins to another, with the person that they are together
-- Only ids that are joined at all are in here, so the closure works on a small table.
with

settings as (

    select identity_scope = 'company' as is_company_scope
    from {{ ref('stg_company__settings') }}

),

actors as (

    select * from {{ ref('int_identity__actors') }}

),

cookies as (

    select * from {{ ref('int_identity__cookies') }}
    where source = 'posthog'

),

-- an event tells the person of its own time, the persons model the person of today
event_pairs as (

    select
        actors.project,
        coalesce(actors.user_id, actors.anonymous_id) as distinct_id,
        actors.user_id is null or cookies.cookie_id is not null as is_cookie,
        actors.link_id as person_id,
        max(actors.last_at) as last_at

    from actors
    left join cookies
        on actors.project = cookies.project and actors.user_id = cookies.cookie_id
    where
        actors.source = 'posthog'
        and actors.link_id is not null
        and coalesce(actors.user_id, actors.anonymous_id) is not null
    group by all

),

current_pairs as (

    select
        persons.project,
        persons.distinct_id,
        cookies.cookie_id is not null as is_cookie,
        persons.person_id,
        coalesce(persons.inserted_at, timestamp '9999-12-31') as inserted_at

    from {{ ref('stg_posthog__person_ids') }} as persons
    left join cookies
        on persons.project = cookies.project and persons.distinct_id = cookies.cookie_id
    where not persons.is_deleted and {{ valid_id('persons.distinct_id') }} is not null

),

-- a person whose ids now all belong to one other was merged into it; where they belong to several
-- it was split, and joins nobody
retired as (

    select
        event_pairs.project,
        event_pairs.person_id,
        min(current_pairs.person_id) as now_person_id

    from event_pairs
    inner join current_pairs
        on
            event_pairs.project = current_pairs.project
            and event_pairs.distinct_id = current_pairs.distinct_id
    group by event_pairs.project, event_pairs.person_id
    having min(current_pairs.person_id) = max(current_pairs.person_id)

),

-- a cookie that events show under several persons changed hands: each event's own person tells
changed_cookies as (

    select
        project,
        distinct_id
    from event_pairs
    where is_cookie
    group by all
    having count(*) > 1

),

pairs as (

    select
        project,
        distinct_id,
        is_cookie,
        person_id
    from current_pairs

    union

    select
        event_pairs.project,
        event_pairs.distinct_id,
        event_pairs.is_cookie,
        event_pairs.person_id
    from event_pairs
    left join current_pairs
        on
            event_pairs.project = current_pairs.project
            and event_pairs.distinct_id = current_pairs.distinct_id
    anti join changed_cookies
        on
            event_pairs.project = changed_cookies.project
            and event_pairs.distinct_id = changed_cookies.distinct_id
    where current_pairs.distinct_id is null or event_pairs.last_at > current_pairs.inserted_at

),

-- nearly all persons have one id: they need no closure
shared_persons as (

    select
        project,
        person_id
    from pairs
    group by all
    having count(*) > 1

    union

    select
        project,
        unnest([person_id, now_person_id]) as person_id
    from retired
    where person_id != now_person_id

),

several_persons as (

    select
        project,
        distinct_id
    from pairs
    group by all
    having count(*) > 1

),

edges as (

    select
        left_node,
        right_node
    from {{ ref('int_identity__statements') }}
    where effect = 'joins'

    union

    select
        {{ number_node('amplitude_id', "'amplitude'", 'project') }} as left_node,
        {{ number_node('merged_amplitude_id', "'amplitude'", 'project') }} as right_node
    from {{ ref('stg_amplitude__merges') }}

    union

    select
        case
            when pairs.is_cookie
                then
                    {{ device_node('pairs.distinct_id', "'posthog'", 'pairs.project') }}
            else {{ user_node('pairs.distinct_id', "'posthog'", 'pairs.project') }}
        end as left_node,
        {{ number_node('pairs.person_id', "'posthog'", 'pairs.project') }} as right_node
    from pairs
    cross join settings
    left join shared_persons
        on
            pairs.project = shared_persons.project
            and pairs.person_id = shared_persons.person_id
    left join several_persons
        on
            pairs.project = several_persons.project
            and pairs.distinct_id = several_persons.distinct_id
    where shared_persons.person_id is not null or several_persons.distinct_id is not null

    union

    select
        {{ number_node('person_id', "'posthog'", 'project') }} as left_node,
        {{ number_node('now_person_id', "'posthog'", 'project') }} as right_node
    from retired
    where person_id != now_person_id

),

{{ connected_components() }},

arrived_users as (

    select
        {{ user_node('actors.user_id', 'actors.source', 'actors.project') }} as node,
        min(actors.first_at) as first_at
    from actors
    cross join settings
    where actors.user_id is not null
    group by all

),

-- the person's name: a user id that arrived, that does not look generated, the first seen
names as (

    select
        components.root,
        components.node as person_id

    from components
    left join arrived_users
        on components.node = arrived_users.node
    where regexp_matches(components.node, '^(u:|[^|]+[|][^|]+[|]u:)')
    qualify row_number() over (
        partition by components.root
        order by
            arrived_users.node is null,
            regexp_matches(components.node, '(^|[|])u:[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}'),
            arrived_users.first_at,
            components.node
    ) = 1

),

members as (

    select
        components.node,
        components.root,
        names.person_id

    from components
    left join names
        on components.root = names.root

)

select * from members
