-- grain: one row per link between two ids, as nodes of the graph of ids
-- A statement about a cookie and a user tells whose the cookie is: it never makes two users one.
-- Only what the vendor itself calls one person, or says of two users outright, joins them.
with

settings as (

    select identity_scope = 'company' as is_company_scope
    from {{ ref('stg_company__settings') }}

),

links as (

    select * from {{ ref('int_identity__links') }}

),

cookies as (

    select * from {{ ref('int_identity__cookies') }}

),

sides as (

    select
        links.source,
        links.project,
        links.kind,
        links.linked_at,
        left_cookies.cookie_id is not null as is_left_cookie,
        right_cookies.cookie_id is not null as is_right_cookie,
        case
            when left_cookies.cookie_id is not null
                then {{ device_node('links.left_id', 'links.source', 'links.project') }}
            else {{ user_node('links.left_id', 'links.source', 'links.project') }}
        end as left_node,
        case
            when right_cookies.cookie_id is not null
                then {{ device_node('links.right_id', 'links.source', 'links.project') }}
            else {{ user_node('links.right_id', 'links.source', 'links.project') }}
        end as right_node

    from links
    cross join settings
    left join cookies as left_cookies
        on
            links.source = left_cookies.source
            and links.project = left_cookies.project
            and links.left_id = left_cookies.cookie_id
    left join cookies as right_cookies
        on
            links.source = right_cookies.source
            and links.project = right_cookies.project
            and links.right_id = right_cookies.cookie_id

),

statements as (

    select
        source,
        project,
        left_node,
        right_node,
        kind,
        linked_at,
        case
            when kind in ('merge', 'mapping') then 'joins'
            when is_left_cookie != is_right_cookie then 'owns'
            when kind = 'identify' and not is_left_cookie then 'refused'
            else 'joins'
        end as effect,
        case when is_left_cookie then left_node else right_node end as cookie_node,
        case when is_left_cookie then right_node else left_node end as user_node

    from sides

)

select * from statements
