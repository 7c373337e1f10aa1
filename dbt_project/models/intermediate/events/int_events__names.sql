-- grain: one row per event name as a source spells it
with

arrived as (

    select
        source,
        source_event_name
    from {{ ref('int_events__unioned') }}
    group by all

),

plan as (

    select * from {{ ref('stg_company__plan_events') }}

),

aliases as (

    select
        source,
        seen_as,
        min(event_name) as event_name

    from {{ ref('stg_company__plan_aliases') }}
    group by all

),

settings as (

    select
        coalesce(unplanned_counts_as_active, false)
        or (select count(*) from plan) = 0 as unplanned_counts,
        (select count(*) from plan) > 0 as has_plan

    from {{ ref('stg_company__settings') }}

),

-- a spelling declared for the source wins over one declared for all; a name of the plan is
-- always its own spelling
named as (

    select
        arrived.source,
        arrived.source_event_name,
        coalesce(own_alias.event_name, any_alias.event_name, arrived.source_event_name)
            as event_name

    from arrived
    left join aliases as own_alias
        on arrived.source = own_alias.source and arrived.source_event_name = own_alias.seen_as
    left join aliases as any_alias
        on any_alias.source = '*' and arrived.source_event_name = any_alias.seen_as

),

named_with_plan as (

    select
        named.source,
        named.source_event_name,
        named.event_name,
        plan.feature,
        plan.area,
        case
            when plan.event_name is not null then plan.status
            when {{ is_system_event('named.source_event_name') }} then 'system'
            else 'unplanned'
        end as plan_status,
        case
            when plan.event_name is not null then coalesce(plan.counts_as_active, true)
            when {{ is_system_event('named.source_event_name') }} then false
            else settings.unplanned_counts
        end as is_active_event,
        coalesce(plan.value_event, false) as is_value_event,
        settings.has_plan

    from named
    cross join settings
    left join plan
        on named.event_name = plan.event_name

)

select * from named_with_plan
