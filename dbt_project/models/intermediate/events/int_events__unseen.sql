-- grain: one row per planned event, or declared platform of one, that never arrived, with the day
-- from which it is expected
with

plan as (

    select
        event_name,
        status,
        planned_for,
        live_from,
        json_extract_string(platforms, '$[*]') as platforms
    from {{ ref('stg_company__plan_events') }}
    where status in ('live', 'planned')

),

modes as (

    select * from {{ ref('int_events__rule_modes') }}
    where rule = 'planned_event_not_seen'

),

due as (

    select
        plan.event_name,
        plan.platforms,
        modes.mode,
        case plan.status
            when 'live' then coalesce(plan.live_from, date '1900-01-01')
            else plan.planned_for
        end as due_on

    from plan
    inner join modes
        on plan.event_name = modes.plan_event_name
    where plan.status = 'live' or plan.planned_for is not null

),

names as (

    select
        source,
        source_event_name,
        plan_event_name
    from {{ ref('int_events__names') }}

),

seen as (

    select plan_event_name
    from names
    group by all

),

asking_for_platforms as (

    select event_name
    from due
    where len(platforms) > 0

),

seen_platforms as (

    select
        names.plan_event_name,
        lower(events.platform) as platform

    from {{ ref('int_events__unioned') }} as events
    inner join names
        on
            events.source = names.source
            and events.source_event_name = names.source_event_name
    semi join asking_for_platforms
        on names.plan_event_name = asking_for_platforms.event_name
    group by all

),

never as (

    select
        due.event_name,
        due.mode,
        due.due_on
    from due
    anti join seen
        on due.event_name = seen.plan_event_name

),

asked_platforms as (

    select
        due.event_name,
        due.mode,
        due.due_on,
        unnest(due.platforms) as platform

    from due
    semi join seen
        on due.event_name = seen.plan_event_name

),

unseen as (

    select
        event_name,
        mode,
        due_on,
        cast(null as varchar) as platform
    from never

    union all by name

    select
        asked_platforms.event_name,
        asked_platforms.mode,
        asked_platforms.due_on,
        asked_platforms.platform
    from asked_platforms
    anti join seen_platforms
        on
            asked_platforms.event_name = seen_platforms.plan_event_name
            and lower(asked_platforms.platform) = seen_platforms.platform

)

select
    event_name,
    platform,
    mode,
    due_on

from unseen
