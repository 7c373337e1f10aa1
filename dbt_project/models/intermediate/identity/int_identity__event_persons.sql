-- grain: one row per event, with its actor and the person behind it
with

events as (

    select
        event_id,
        source,
        project,
        source_event_name,
        user_id,
        device_id,
        source_person_id,
        link_id,
        occurred_at
    from {{ ref('int_events__unioned') }}

),

settings as (

    select coalesce(identity_scope, 'company') = 'company' as is_company_scope
    from {{ ref('stg_company__settings') }}

),

aliases as (

    select * from {{ ref('int_identity__user_aliases') }}

),

roots as (

    select * from {{ ref('int_identity__amplitude_roots') }}

),

device_users as (

    select * from {{ ref('int_identity__device_users') }}

),

link_users as (

    select * from {{ ref('int_identity__link_users') }}

),

-- only an anonymous event is looked up, so a known one brings no key to the joins below
rooted as (

    select
        events.*,
        roots.root_id,
        case when events.user_id is null then coalesce(roots.root_id, events.link_id) end
            as anonymous_link_id,
        case when events.user_id is null then events.device_id end as anonymous_device_id

    from events
    left join roots
        on
            events.source = 'amplitude'
            and events.project = roots.project
            and events.link_id = roots.amplitude_id

),

-- what the vendor says outright (a merge, a PostHog person) goes before the device; a bare
-- Amplitude id comes after it,
-- and only where it never had two users
linked as (

    select
        rooted.*,
        case
            when rooted.user_id is not null then coalesce(aliases.canonical_user_id, rooted.user_id)
            when rooted.root_id is not null or rooted.source = 'posthog'
                then
                    coalesce(link_users.user_id, device_users.user_id)
            else
                coalesce(
                    device_users.user_id,
                    case when not link_users.is_shared then link_users.user_id end
                )
        end as person_user_id

    from rooted
    left join aliases
        on
            rooted.source = aliases.source
            and rooted.project = aliases.project
            and rooted.user_id = aliases.user_id
    left join link_users
        on
            rooted.source = link_users.source
            and rooted.project = link_users.project
            and rooted.anonymous_link_id = link_users.link_id
            and rooted.occurred_at >= link_users.from_at
            and rooted.occurred_at < link_users.to_at
    left join device_users
        on
            rooted.source = device_users.source
            and rooted.project = device_users.project
            and rooted.anonymous_device_id = device_users.device_id
            and rooted.occurred_at >= device_users.from_at
            and rooted.occurred_at < device_users.to_at

),

named as (

    select
        linked.event_id,
        linked.source,
        linked.project,
        linked.source_event_name,
        linked.user_id,
        linked.device_id,
        linked.occurred_at,
        linked.source || '|' || linked.project || case
            when linked.user_id is not null then '|u:' || linked.user_id
            when linked.device_id is not null then '|d:' || linked.device_id
            when linked.link_id is not null then '|a:' || linked.link_id
            else '|e:' || linked.event_id
        end as actor_id,
        linked.source_person_id,
        case
            when
                linked.person_user_id is not null and settings.is_company_scope
                then 'u:' || linked.person_user_id
            when
                linked.person_user_id is not null
                then linked.source || '|' || linked.project || '|u:' || linked.person_user_id
            when
                linked.root_id is not null
                then linked.source || '|' || linked.project || '|a:' || linked.root_id
            when
                linked.device_id is not null
                then linked.source || '|' || linked.project || '|d:' || linked.device_id
            when
                linked.link_id is not null
                then linked.source || '|' || linked.project || '|a:' || linked.link_id
            else linked.source || '|' || linked.project || '|e:' || linked.event_id
        end as person_id,
        coalesce(linked.user_id, linked.device_id, linked.link_id) is null as is_nobody

    from linked
    cross join settings

),

persons as (

    select
        event_id,
        source,
        project,
        source_event_name,
        user_id,
        device_id,
        actor_id,
        coalesce(source_person_id, actor_id) as source_actor_id,
        person_id,
        {{ key_of('person_id') }} as person_key,
        is_nobody,
        occurred_at

    from named

)

select * from persons
