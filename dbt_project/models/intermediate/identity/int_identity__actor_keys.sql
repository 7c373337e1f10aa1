-- grain: one row per combination of ids that events carry, with what each id resolves to
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

),

members as (

    select * from {{ ref('int_identity__members') }}

),

nodes as (

    select
        actors.*,
        case
            when cookies.cookie_id is null
                then {{ user_node('actors.user_id', 'actors.source', 'actors.project') }}
        end as user_node,
        case
            when actors.anonymous_id is not null
                then {{ device_node('actors.anonymous_id', 'actors.source', 'actors.project') }}
            else {{ device_node('cookies.cookie_id', 'actors.source', 'actors.project') }}
        end as cookie_node,
        {{ device_node('actors.device_id', 'actors.source', 'actors.project') }} as device_node,
        case
            when actors.source != 'mixpanel'
                then {{ number_node('actors.link_id', 'actors.source', 'actors.project') }}
        end as number_node

    from actors
    cross join settings
    left join cookies
        on
            actors.source = cookies.source
            and actors.project = cookies.project
            and actors.user_id = cookies.cookie_id

),

keyed as (

    select
        nodes.actor_id,
        nodes.trace,
        nodes.source,
        nodes.project,
        nodes.user_id,
        nodes.device_id,
        nodes.anonymous_id,
        nodes.link_id,
        nodes.events,
        nodes.first_at,
        nodes.last_at,
        nodes.user_node,
        coalesce(users.person_id, nodes.user_node) as user_person_id,
        case
            when nodes.user_node is null
                then coalesce(numbers.person_id, marks.person_id, devices.person_id)
        end as vendor_person_id,
        coalesce(marks.root, nodes.cookie_node) as cookie_key,
        coalesce(devices.root, nodes.device_node) as device_key,
        coalesce(numbers.root, nodes.number_node) as number_key,
        numbers.root is not null as is_merged_number,
        -- ids that hang together through a user are not one person without that user
        coalesce(
            case when numbers.person_id is null then numbers.root end,
            case when marks.person_id is null then marks.root end,
            nodes.cookie_node,
            case when devices.person_id is null then devices.root end,
            nodes.device_node,
            nodes.number_node,
            nodes.actor_id
        ) as anonymous_person_id

    from nodes
    left join members as users
        on nodes.user_node = users.node
    left join members as marks
        on nodes.cookie_node = marks.node
    left join members as devices
        on nodes.device_node = devices.node
    left join members as numbers
        on nodes.number_node = numbers.node

)

select * from keyed
