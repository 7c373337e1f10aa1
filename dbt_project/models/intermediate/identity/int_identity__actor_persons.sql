-- grain: one row per actor, what its events say beside it, and span of time with one person
-- The map through which every person key comes: it is made anew from the links in force, so a link
-- that is taken away is undone, and what a late one changes is the difference of two maps.
with

actor_keys as (

    select * from {{ ref('int_identity__actor_keys') }}

),

owners as (

    select * from {{ ref('int_identity__owners') }}

),

rules as (

    select * from {{ ref('stg_company__identity_sources') }}

),

known as (

    select
        actor_id,
        trace,
        source,
        project,
        timestamp '0001-01-01' as from_at,
        timestamp '9999-12-31' as to_at,
        min(user_person_id) as person_id,
        case
            when min(user_person_id) = min(user_node) then 'user_id' else 'vendor_merge'
        end as reason

    from actor_keys
    where user_node is not null
    group by all

),

-- an id that is a cookie may come with several devices: the least stands for it
anonymous as (

    select
        actor_keys.actor_id,
        actor_keys.trace,
        actor_keys.source,
        actor_keys.project,
        min(actor_keys.vendor_person_id) as vendor_person_id,
        min(actor_keys.cookie_key) as cookie_key,
        min(actor_keys.device_key) as device_key,
        min(actor_keys.number_key) as number_key,
        bool_or(actor_keys.is_merged_number) as is_merged_number,
        min(actor_keys.anonymous_person_id) as anonymous_person_id,
        coalesce(any_value(rules.anonymous), 'before_else_after') as anonymous_rule

    from actor_keys
    left join rules
        on actor_keys.source = rules.source
    where actor_keys.user_node is null
    group by all

),

owned_keys as (

    select
        owner_key,
        bool_or(is_shared) as is_shared
    from owners
    group by all

),

-- what the vendor merged goes before the device; a bare number of the vendor comes after it, and
-- only where it never had two users
decided as (

    select
        anonymous.*,
        case
            when anonymous.vendor_person_id is not null then null
            when anonymous.is_merged_number and numbers.owner_key is not null
                then numbers.owner_key
            when cookies.owner_key is not null then cookies.owner_key
            when devices.owner_key is not null then devices.owner_key
            when not numbers.is_shared then numbers.owner_key
        end as owner_key

    from anonymous
    left join owned_keys as numbers
        on anonymous.number_key = numbers.owner_key
    left join owned_keys as cookies
        on anonymous.cookie_key = cookies.owner_key
    left join owned_keys as devices
        on anonymous.device_key = devices.owner_key

),

-- when the vendor's person was first seen on the actor's own ids, where nothing goes to them before
first_meetings as (

    select
        decided.actor_id,
        decided.trace,
        min(owners.from_at) as from_at

    from decided
    inner join owners
        on
            decided.vendor_person_id = owners.person_id
            and owners.owner_key in (decided.cookie_key, decided.device_key, decided.number_key)
    where decided.anonymous_rule = 'before_only' and decided.vendor_person_id is not null
    group by all

),

owned as (

    select
        decided.actor_id,
        decided.trace,
        decided.source,
        decided.project,
        decided.anonymous_person_id,
        owners.person_id,
        case
            when owners.reason = 'vendor_number' and decided.is_merged_number then 'vendor_merge'
            else owners.reason
        end as reason,
        owners.from_at,
        owners.to_at

    from decided
    inner join owners
        on decided.owner_key = owners.owner_key

    union all

    select
        decided.actor_id,
        decided.trace,
        decided.source,
        decided.project,
        decided.anonymous_person_id,
        decided.vendor_person_id as person_id,
        'vendor_person' as reason,
        coalesce(first_meetings.from_at, timestamp '0001-01-01') as from_at,
        timestamp '9999-12-31' as to_at

    from decided
    left join first_meetings
        on decided.actor_id = first_meetings.actor_id and decided.trace = first_meetings.trace
    where decided.vendor_person_id is not null and decided.anonymous_rule != 'never'

),

-- nobody's before their first user, or altogether
unowned as (

    select
        decided.actor_id,
        decided.trace,
        decided.source,
        decided.project,
        timestamp '0001-01-01' as from_at,
        coalesce(min(owned.from_at), timestamp '9999-12-31') as to_at,
        min(decided.anonymous_person_id) as person_id,
        case
            when ends_with(decided.actor_id, '|nobody') then 'no_id'
            else 'anonymous'
        end as reason

    from decided
    left join owned
        on decided.actor_id = owned.actor_id and decided.trace = owned.trace
    group by all
    having min(owned.from_at) is null or min(owned.from_at) > timestamp '0001-01-01'

),

mapped as (

    select * from known
    union all by name
    select * exclude (anonymous_person_id) from owned
    union all by name
    select * from unowned

)

select
    actor_id,
    trace,
    source,
    project,
    from_at,
    to_at,
    person_id,
    {{ key_of('person_id') }} as person_key,
    reason

from mapped
