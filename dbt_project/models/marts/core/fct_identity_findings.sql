-- grain: one row per finding, source and project
-- What identity met that people should know of: how many, and the rule that handled it.
with

actor_keys as (

    select * from {{ ref('int_identity__actor_keys') }}

),

settings as (

    select shared_device_users from {{ ref('stg_company__settings') }}

),

device_users as (

    select
        source,
        project,
        device_key,
        count(distinct user_person_id) as users
    from actor_keys
    where user_node is not null and device_key is not null
    group by all

),

number_users as (

    select
        source,
        project,
        number_key,
        count(distinct user_person_id) as users
    from actor_keys
    where source = 'amplitude' and user_node is not null and number_key is not null
    group by all

),

-- a number that is merged into another one and, over any others, back into itself
merge_pairs as (

    select
        project,
        amplitude_id,
        merged_amplitude_id
    from {{ ref('stg_amplitude__merges') }}
    group by all

),

merge_roots as (

    select
        merge_pairs.project,
        members.root,
        count(distinct merge_pairs.amplitude_id) as merged_away

    from merge_pairs
    inner join {{ ref('int_identity__members') }} as members
        on
            members.node
            = {{ number_node('merge_pairs.amplitude_id', "'amplitude'", 'merge_pairs.project') }}
    group by all

),

merged_sizes as (

    select
        merge_roots.project,
        merge_roots.root,
        merge_roots.merged_away,
        count(*) as numbers

    from merge_roots
    inner join {{ ref('int_identity__members') }} as members
        on merge_roots.root = members.root
    where starts_with(members.node, 'amplitude|' || merge_roots.project || '|a:')
    group by all

),

delivered_links as (

    select
        project,
        count(*) as links
    from {{ ref('stg_mixpanel__identity_links') }}
    where kind != 'mapping'
    group by all

),

kept_links as (

    select
        project,
        count(*) as links
    from {{ ref('int_identity__links') }}
    where source = 'mixpanel' and kind in ('identify', 'alias', 'merge')
    group by all

),

findings as (

    select
        device_users.source,
        device_users.project,
        'shared_device' as finding,
        count(*) as things,
        max(device_users.users) as most
    from device_users
    cross join settings
    where device_users.users between 2 and settings.shared_device_users
    group by all

    union all

    select
        device_users.source,
        device_users.project,
        'device_of_a_crowd' as finding,
        count(*) as things,
        max(device_users.users) as most
    from device_users
    cross join settings
    where device_users.users > settings.shared_device_users
    group by all

    union all

    select
        source,
        project,
        'number_of_several_users' as finding,
        count(*) as things,
        max(users) as most
    from number_users
    where users > 1
    group by all

    union all

    -- where every number was merged away, none is the last: the merges run in a circle
    select
        'amplitude' as source,
        project,
        'merges_in_a_circle' as finding,
        count(*) as things,
        max(numbers) as most
    from merged_sizes
    where merged_away = numbers
    group by all

    union all

    select
        source,
        project,
        'refused_identify' as finding,
        count(*) as things,
        cast(null as bigint) as most
    from {{ ref('int_identity__statements') }}
    where effect = 'refused'
    group by all

    union all

    select
        'mixpanel' as source,
        delivered_links.project,
        'cluster_over_its_limit' as finding,
        delivered_links.links - coalesce(kept_links.links, 0) as things,
        cast(null as bigint) as most
    from delivered_links
    left join kept_links
        on delivered_links.project = kept_links.project
    where delivered_links.links > coalesce(kept_links.links, 0)

    union all

    select
        source,
        project,
        'event_of_nobody' as finding,
        cast(sum(events) as bigint) as things,
        cast(null as bigint) as most
    from actor_keys
    where ends_with(actor_id, '|nobody')
    group by all

),

explained as (

    select
        findings.finding,
        findings.source,
        findings.project,
        findings.things,
        findings.most,
        case findings.finding
            when 'shared_device'
                then 'an anonymous event goes to the user who was last seen there'
            when 'device_of_a_crowd'
                then 'the device tells nothing about who somebody is'
            when 'number_of_several_users'
                then 'the users stay apart; alone it tells nothing about an anonymous event'
            when 'merges_in_a_circle'
                then 'all of them are one person'
            when 'refused_identify'
                then 'two known users are not joined by it'
            when 'cluster_over_its_limit'
                then 'ids beyond the 500th stay apart, as with the vendor'
            else 'kept, and in no count'
        end as handled

    from findings

)

select * from explained
