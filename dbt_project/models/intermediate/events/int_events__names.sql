-- grain: one row per event name as a source spells it
-- Names outside the plan are kept apart up to a number per source, the frequent ones first; the
-- rest is counted under one name, so that ids in names (view_item_123) cannot swell what is built
-- on them.
with

arrived as (

    select
        source,
        source_event_name,
        count(*) as events
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
        timezone,
        coalesce(unplanned_names_per_source, 2000) as names_per_source,
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
        arrived.events,
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
        named.events,
        named.event_name,
        coalesce(plan.event_name, '') as plan_event_name,
        plan.feature,
        plan.area,
        plan.version as plan_version,
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
        -- an event is welcome up to the day on which it is deprecated (or removed); without a day
        -- the status alone says that it is not
        case
            when plan.deprecated_from is not null then plan.deprecated_from
            when plan.removed_from is not null then plan.removed_from
            when plan.status in ('deprecated', 'removed') then date '1900-01-01'
        end as sunset_on,
        settings.timezone,
        settings.has_plan,
        settings.names_per_source

    from named
    cross join settings
    left join plan
        on named.event_name = plan.event_name

),

bounded as (

    select
        *,
        plan_status = 'unplanned'
        and row_number() over (
            partition by source, plan_status = 'unplanned'
            order by events desc, source_event_name asc
        ) > names_per_source as is_over_limit

    from named_with_plan

)

select
    source,
    source_event_name,
    case when is_over_limit then {{ other_unregistered() }} else event_name end as event_name,
    plan_event_name,
    feature,
    area,
    plan_status,
    plan_version,
    is_active_event,
    is_value_event,
    is_over_limit,
    has_plan,
    timezone('UTC', timezone(timezone, cast(sunset_on as timestamp))) as sunset_at,
    events

from bounded
