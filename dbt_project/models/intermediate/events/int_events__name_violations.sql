-- grain: one row per source, event name as the source spells it and rule that the name alone breaks
-- Judged once per name, never per event. Without a plan nobody declared what is welcome or how it
-- is spelt, so only near-duplicates and personal data in names are told.
with

arrived as (

    select
        source,
        source_event_name,
        plan_status,
        has_plan,
        events,
        {{ folded('source_event_name') }} as folded_name
    from {{ ref('int_events__names') }}
    where plan_status != 'system'

),

unplanned as (

    select * from arrived
    where plan_status = 'unplanned'

),

planned_spellings as (

    select
        {{ folded('seen_as') }} as folded_name,
        min(event_name) as event_name
    from {{ ref('stg_company__plan_aliases') }}
    group by all

    union

    select
        {{ folded('event_name') }} as folded_name,
        min(event_name) as event_name
    from {{ ref('stg_company__plan_events') }}
    group by all

),

planned as (

    select
        folded_name,
        min(event_name) as event_name
    from planned_spellings
    group by all

),

-- of several spellings outside the plan, the frequent one is the one that the others are like
standing as (

    select
        folded_name,
        arg_min(source_event_name, { 'rank': -events, 'name': source_event_name }) as event_name

    from (
        select
            folded_name,
            source_event_name,
            sum(events) as events
        from unplanned
        group by all
    ) as spellings
    where folded_name is not null
    group by all
    having count(*) > 1

),

near as (

    select
        unplanned.source,
        unplanned.source_event_name,
        coalesce(planned.event_name, standing.event_name) as detail

    from unplanned
    left join planned
        on unplanned.folded_name = planned.folded_name
    left join standing
        on unplanned.folded_name = standing.folded_name

),

violations as (

    select
        source,
        source_event_name,
        'unplanned_event' as rule,
        cast(null as varchar) as detail
    from unplanned
    where has_plan

    union all

    select
        source,
        source_event_name,
        'near_duplicate_name' as rule,
        detail
    from near
    where detail != source_event_name

    union all

    select
        source,
        source_event_name,
        'name_convention' as rule,
        'object_verb_past in lower case, like report_published' as detail
    from unplanned
    where has_plan and {{ breaks_event_convention('source_event_name') }}

    union all

    select
        source,
        source_event_name,
        'pii_in_free_text' as rule,
        {{ pii_kind('source_event_name') }} as detail
    from arrived
    where {{ pii_kind('source_event_name') }} is not null

)

select * from violations
