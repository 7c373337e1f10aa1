-- grain: one row per canonical event: all of the plan, and what arrived beside it
{% set spellings_shown = 50 %}
with

plan as (

    select * from {{ ref('stg_company__plan_events') }}

),

spellings as (

    select
        event_name,
        to_json(list({ 'source': source, 'seen_as': seen_as } order by source, seen_as)) as seen_as

    from {{ ref('stg_company__plan_aliases') }}
    group by all

),

arrived as (

    select
        event_name,
        min(plan_status) as status,
        bool_or(is_active_event) as counts_as_active,
        to_json(
            list_slice(
                list(
                    { 'source': source, 'seen_as': source_event_name }
                    order by source, source_event_name
                ),
                1, {{ spellings_shown }}
            )
        ) as seen_as

    from {{ ref('int_events__names') }}
    group by all

),

unplanned as (

    select arrived.*
    from arrived
    anti join plan
        on arrived.event_name = plan.event_name

),

entries as (

    select
        plan.event_name,
        plan.status,
        plan.owner,
        plan.description,
        plan.trigger,
        plan.question,
        plan.area,
        plan.feature,
        coalesce(plan.counts_as_active, true) as counts_as_active,
        coalesce(plan.value_event, false) as value_event,
        plan.version,
        plan.planned_for,
        plan.live_from,
        plan.deprecated_from,
        plan.removed_from,
        plan.review_by,
        plan.platforms,
        plan.replacement,
        coalesce(spellings.seen_as, '[]') as seen_as

    from plan
    left join spellings
        on plan.event_name = spellings.event_name

    union all by name

    select
        event_name,
        status,
        counts_as_active,
        false as value_event,
        seen_as

    from unplanned

)

select
    event_name,
    status,
    owner,
    description,
    trigger,
    question,
    area,
    feature,
    counts_as_active,
    value_event,
    version,
    planned_for,
    live_from,
    deprecated_from,
    removed_from,
    review_by,
    cast(platforms as varchar) as platforms,
    replacement,
    cast(seen_as as varchar) as seen_as

from entries
