-- grain: one row per device, cookie or vendor's number and span of time with one user
-- The first user also owns what came before (a setting per source): an anonymous event goes to the
-- last known user at or before it, else to the first after it.
with

actor_keys as (

    select * from {{ ref('int_identity__actor_keys') }}

),

statements as (

    select * from {{ ref('int_identity__statements') }}
    where effect = 'owns'

),

members as (

    select * from {{ ref('int_identity__members') }}

),

rules as (

    select * from {{ ref('stg_company__identity_sources') }}

),

settings as (

    select shared_device_users from {{ ref('stg_company__settings') }}

),

-- what was seen on events and what a vendor says outright comes first; an id that was written
-- over another tells only where nothing else does
evidence as (

    select
        source,
        device_key as owner_key,
        user_person_id as person_id,
        1 as tier,
        'device' as reason,
        first_at as seen_at
    from actor_keys
    where user_node is not null and device_key is not null

    union all

    select
        source,
        number_key as owner_key,
        user_person_id as person_id,
        1 as tier,
        'vendor_number' as reason,
        first_at as seen_at
    from actor_keys
    where user_node is not null and number_key is not null

    union all

    select
        statements.source,
        coalesce(cookie_members.root, statements.cookie_node) as owner_key,
        coalesce(user_members.person_id, statements.user_node) as person_id,
        case when statements.kind = 'rewritten' then 2 else 1 end as tier,
        statements.kind as reason,
        statements.linked_at as seen_at
    from statements
    left join members as cookie_members
        on statements.cookie_node = cookie_members.node
    left join members as user_members
        on statements.user_node = user_members.node

    union all

    select
        source,
        unnest([cookie_key, device_key]) as owner_key,
        vendor_person_id as person_id,
        3 as tier,
        'vendor_person' as reason,
        first_at as seen_at
    from actor_keys
    where vendor_person_id is not null

),

believed as (

    select evidence.*
    from evidence
    left join rules
        on evidence.source = rules.source
    where evidence.owner_key is not null and coalesce(rules.anonymous, '') != 'never'
    qualify evidence.tier = min(evidence.tier) over (partition by evidence.owner_key)

),

keys as (

    select
        source,
        owner_key,
        min(person_id) as person_id,
        min(reason) as reason,
        min(seen_at) as first_at,
        count(distinct person_id) as people
    from believed
    group by all

),

shared_keys as (

    select keys.owner_key
    from keys
    cross join settings
    where keys.people between 2 and settings.shared_device_users

),

shared_combinations as (

    select
        actor_keys.source,
        actor_keys.project,
        actor_keys.user_id,
        actor_keys.device_id,
        actor_keys.link_id,
        actor_keys.user_person_id,
        shared_keys.owner_key
    from actor_keys
    inner join shared_keys
        on actor_keys.device_key = shared_keys.owner_key
    where actor_keys.user_node is not null

    union

    select
        actor_keys.source,
        actor_keys.project,
        actor_keys.user_id,
        actor_keys.device_id,
        actor_keys.link_id,
        actor_keys.user_person_id,
        shared_keys.owner_key
    from actor_keys
    inner join shared_keys
        on actor_keys.number_key = shared_keys.owner_key
    where actor_keys.user_node is not null

),

-- every moment at which somebody was seen on a shared one
moments as (

    select
        shared_combinations.source,
        shared_combinations.owner_key,
        events.occurred_at as seen_at,
        shared_combinations.user_person_id as person_id

    from {{ ref('int_events__unioned') }} as events
    inner join shared_combinations
        on
            events.source = shared_combinations.source
            and events.project = shared_combinations.project
            and events.user_id = shared_combinations.user_id
            and events.device_id is not distinct from shared_combinations.device_id
            and events.link_id is not distinct from shared_combinations.link_id

    union all

    select
        believed.source,
        believed.owner_key,
        believed.seen_at,
        believed.person_id
    from believed
    semi join shared_keys
        on believed.owner_key = shared_keys.owner_key

),

instants as (

    select
        source,
        owner_key,
        seen_at,
        max(person_id) as person_id
    from moments
    group by all

),

changes as (

    select *
    from instants
    qualify
        person_id is distinct from lag(person_id) over (partition by owner_key order by seen_at)

),

spans as (

    select
        keys.source,
        keys.owner_key,
        keys.person_id,
        keys.reason,
        keys.first_at as from_at,
        timestamp '9999-12-31' as to_at,
        true as is_first,
        false as is_shared
    from keys
    where keys.people = 1

    union all

    select
        changes.source,
        changes.owner_key,
        changes.person_id,
        keys.reason,
        changes.seen_at as from_at,
        coalesce(lead(changes.seen_at) over by_key, timestamp '9999-12-31') as to_at,
        lag(changes.seen_at) over by_key is null as is_first,
        true as is_shared
    from changes
    inner join keys
        on changes.owner_key = keys.owner_key
    window by_key as (partition by changes.owner_key order by changes.seen_at)

),

owners as (

    select
        spans.owner_key,
        spans.person_id,
        spans.reason,
        case
            when spans.is_first and coalesce(rules.anonymous, '') != 'before_only'
                then timestamp '0001-01-01'
            else spans.from_at
        end as from_at,
        spans.to_at,
        spans.is_shared

    from spans
    left join rules
        on spans.source = rules.source

)

select * from owners
