-- grain: one row per person who is internal, a test or a bot: any excluded id or address of
-- theirs is enough
with

exclusions as (

    select
        kind,
        lower(trim(value)) as value
    from {{ ref('stg_company__exclusions') }}
    group by all

),

persons as (

    select
        event_id,
        source,
        project,
        user_id,
        device_id,
        person_key,
        is_nobody
    from {{ ref('int_identity__event_persons') }}

),

actors as (

    select
        person_key,
        lower(user_id) as user_id,
        lower(device_id) as device_id
    from persons
    group by all

),

domains as (

    select value as domain
    from exclusions
    where kind = 'email_domain'

),

-- one join against an empty list reads nothing, so profiles are opened only where a domain is
-- excluded
addresses as (

    select
        events.event_id,
        lower(coalesce(
            json_extract_string(events.person_properties, '$.email'),
            json_extract_string(events.person_properties, '$."$email"'),
            json_extract_string(events.properties, '$."$email"')
        )) as email

    from {{ ref('int_events__unioned') }} as events
    where
        exists (select 1 from domains)
        and (contains(events.person_properties, '@') or contains(events.properties, '"$email"'))

),

internal as (

    select actors.person_key
    from actors
    inner join exclusions
        on exclusions.kind = 'user_id' and actors.user_id = exclusions.value

    union

    select actors.person_key
    from actors
    inner join exclusions
        on exclusions.kind = 'device_id' and actors.device_id = exclusions.value

    union

    select actors.person_key
    from actors
    inner join domains
        on split_part(actors.user_id, '@', 2) = domains.domain

    union

    select persons.person_key
    from addresses
    inner join domains
        on split_part(addresses.email, '@', 2) = domains.domain
    inner join persons
        on addresses.event_id = persons.event_id

    union

    -- an event without any id is nobody's act: it is kept, and out of every count of actors
    select person_key
    from persons
    where is_nobody

)

select person_key
from internal
