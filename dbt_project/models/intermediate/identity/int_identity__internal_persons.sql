-- grain: one row per person who is internal, a test or a bot, with the rule that says so: any
-- excluded id or address of theirs is enough
with

exclusions as (

    select
        kind,
        lower(trim(value)) as value
    from {{ ref('stg_company__exclusions') }}
    group by all

),

actor_persons as (

    select * from {{ ref('int_identity__actor_persons') }}

),

actors as (

    select
        actor_persons.person_key,
        lower(actor_keys.user_id) as user_id,
        lower(actor_keys.device_id) as device_id

    from actor_persons
    inner join {{ ref('int_identity__actor_keys') }} as actor_keys
        on
            actor_persons.actor_id = actor_keys.actor_id
            and actor_persons.trace = actor_keys.trace
    where exists (select 1 from exclusions)
    group by all

),

domains as (

    select value as domain
    from exclusions
    where kind = 'email_domain'

),

user_agents as (

    select value as part
    from exclusions
    where kind = 'user_agent'

),

-- names of properties are case sensitive
bot_properties as (

    select '$."' || value || '"' as path
    from {{ ref('stg_company__exclusions') }}
    where kind = 'bot_property'

),

-- one join against an empty list reads nothing, so profiles and properties are opened only where
-- such a rule is declared
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

agents as (

    select
        events.event_id,
        lower(coalesce(
            json_extract_string(events.properties, '$."$raw_user_agent"'),
            json_extract_string(events.properties, '$."$user_agent"'),
            json_extract_string(events.properties, '$.user_agent')
        )) as user_agent

    from {{ ref('int_events__unioned') }} as events
    where exists (select 1 from user_agents) and contains(events.properties, 'user_agent"')

),

bots as (

    select
        events.event_id,
        'user_agent' as rule
    from agents as events
    inner join user_agents
        on contains(events.user_agent, user_agents.part)

    union

    select
        events.event_id,
        'bot_property' as rule
    from {{ ref('int_events__unioned') }} as events
    inner join bot_properties
        on lower(json_extract_string(events.properties, bot_properties.path)) in ('true', '1')

    union

    select
        addresses.event_id,
        'email_domain' as rule
    from addresses
    inner join domains
        on split_part(addresses.email, '@', 2) = domains.domain

),

internal as (

    select
        actors.person_key,
        'user_id' as rule
    from actors
    inner join exclusions
        on exclusions.kind = 'user_id' and actors.user_id = exclusions.value

    union

    select
        actors.person_key,
        'device_id' as rule
    from actors
    inner join exclusions
        on exclusions.kind = 'device_id' and actors.device_id = exclusions.value

    union

    select
        actors.person_key,
        'email_domain' as rule
    from actors
    inner join domains
        on split_part(actors.user_id, '@', 2) = domains.domain

    union

    select
        persons.person_key,
        bots.rule
    from bots
    inner join {{ ref('int_identity__event_persons') }} as persons
        on bots.event_id = persons.event_id

    union

    -- an event without any id is nobody's act: it is kept, and out of every count of actors
    select
        person_key,
        'no_id' as rule
    from actor_persons
    where reason = 'no_id'

),

-- the most outright rule names the person's standing
persons as (

    select
        person_key,
        arg_min(
            rule,
            list_position(
                ['user_id', 'device_id', 'email_domain', 'bot_property', 'user_agent', 'no_id'],
                rule
            )
        ) as rule
    from internal
    group by all

)

select * from persons
