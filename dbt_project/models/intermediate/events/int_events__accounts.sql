-- grain: one row per event that names the account it belongs to
-- Groups are told beside the event (Amplitude, PostHog) or as a property of the group's name
-- (Mixpanel, generic files). The first declared kind of group that an event has is its account.
{{ config(
    materialized='incremental',
    unique_key='event_id',
    scope='event_id',
) }}

{% set keys %}
    select event_id from {{ ref('int_events__arrivals') }}
{% endset %}
{{ told_anew(keys) }}

with

settings as (

    select
        identity_scope = 'company' as is_company_scope,
        json_extract_string(account_groups, '$[*]') as group_types
    from {{ ref('stg_company__settings') }}

),

group_types as (

    select
        unnest(group_types) as group_type,
        generate_subscripts(group_types, 1) as place,
        is_company_scope
    from settings

),

-- events of one account carry the same groups, so few of these bags are opened
shared_bags as (

    select
        'bag' as kind,
        groups as bag_key,
        source,
        project,
        groups as bag
    from {{ ref('int_events__unioned') }}
    where groups is not null and {{ in_scope('event_id') }}
    group by all

),

event_bags as (

    select
        'event' as kind,
        event_id as bag_key,
        source,
        project,
        properties as bag
    from {{ ref('int_events__unioned') }}
    where
        groups is null
        and source in ('mixpanel', 'events')
        and {{ in_scope('event_id') }}

),

bags as (

    select * from shared_bags
    union all
    select * from event_bags

),

-- a bag is read as JSON only where it holds the name of a group
named as (

    select
        bags.kind,
        bags.bag_key,
        bags.source,
        bags.project,
        group_types.group_type,
        group_types.place,
        group_types.is_company_scope,
        json_extract(bags.bag, '$."' || group_types.group_type || '"') as ids

    from bags
    inner join group_types
        on contains(bags.bag, '"' || group_types.group_type || '"')

),

-- an event of several accounts belongs to the first of them
firsts as (

    select
        kind,
        bag_key,
        source,
        project,
        group_type,
        is_company_scope,
        case
            when json_type(ids) = 'ARRAY' then json_extract_string(ids, '$[0]')
            else json_extract_string(ids, '$')
        end as account_id

    from named
    where json_type(ids) not in ('NULL', 'OBJECT')
    qualify row_number() over (partition by kind, bag_key, source, project order by place) = 1

),

accounts as (

    select
        kind,
        bag_key,
        source,
        project,
        group_type,
        {{ valid_id('account_id') }} as account_id,
        case when is_company_scope then '' else source || '|' || project || '|' end
        || 'g:' || account_id as account_name

    from firsts

),

keyed as (

    select
        kind,
        bag_key,
        source,
        project,
        group_type,
        account_id,
        {{ key_of('account_name') }} as account_key

    from accounts
    where account_id is not null

),

grouped as (

    select
        events.event_id,
        keyed.account_id,
        keyed.group_type,
        keyed.account_key

    from {{ ref('int_events__unioned') }} as events
    inner join keyed
        on
            keyed.kind = 'bag'
            and events.groups = keyed.bag_key
            and events.source = keyed.source
            and events.project = keyed.project
    where {{ in_scope('events.event_id') }}

    union all

    select
        bag_key as event_id,
        account_id,
        group_type,
        account_key
    from keyed
    where kind = 'event'

)

select * from grouped
