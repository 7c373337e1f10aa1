-- grain: one row per id that names a browser or device, though events may carry it as a user's
-- What a vendor ever called identified is a user: only an id that never was can be a cookie.
with

actors as (

    select * from {{ ref('int_identity__actors') }}
    where source in ('mixpanel', 'posthog')

),

links as (

    select * from {{ ref('int_identity__links') }}

),

candidates as (

    select
        source,
        project,
        device_id as cookie_id
    from actors
    where device_id is not null

    union

    select
        source,
        project,
        anonymous_id as cookie_id
    from actors
    where anonymous_id is not null

    union

    select
        source,
        project,
        left_id as cookie_id
    from links
    where kind = 'identify' or is_left_device

    union

    select
        source,
        project,
        right_id as cookie_id
    from links
    where is_right_device

),

identified as (

    select
        source,
        project,
        right_id as user_id
    from links
    where kind = 'identify' and not is_right_device
    group by all

),

cookies as (

    select candidates.*
    from candidates
    anti join identified
        on
            candidates.source = identified.source
            and candidates.project = identified.project
            and candidates.cookie_id = identified.user_id

)

select * from cookies
