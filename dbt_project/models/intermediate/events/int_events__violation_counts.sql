-- grain: one row per event name, verdict or rule, source, project, platform, version and day
-- Events are counted by their verdict: an event that breaks ten rules passes once, and an event
-- that breaks none does not pass at all.
{{ config(
    materialized='incremental',
    unique_key=[
        'source', 'project', 'event_name', 'verdict_key', 'property', 'rule', 'detail', 'mode', 'platform', 'event_version',
        'local_date',
    ],
    scope='local_date',
    post_hook="{{ remember(['int_events__verdicts', 'int_events__names']) }}",
) }}

{% set keys %}
    select cast({{ local_time('touched.occurred_at', 'settings.timezone') }} as date) as local_date
    from (
        select occurred_at from {{ ref('int_events__arrivals') }}
        union all
        select events.occurred_at
        from {{ ref('int_events__unioned') }} as events
        semi join {{ changes_of(ref('int_events__text_violations')) }} as changed
            on events.event_id = changed.event_id
        union all
        select events.occurred_at
        from {{ ref('int_events__unioned') }} as events
        semi join {{ unlike_last_time('int_events__verdicts', ['source', 'shape_key', 'verdict_key']) }} as changed
            on events.source = changed.source and events.shape_key = changed.shape_key
        union all
        select events.occurred_at
        from {{ ref('int_events__unioned') }} as events
        semi join {{ unlike_last_time('int_events__names', ['source', 'source_event_name', 'event_name']) }} as changed
            on events.source = changed.source and events.source_event_name = changed.source_event_name
    ) as touched
    cross join {{ ref('stg_company__settings') }} as settings
{% endset %}
{{ told_anew(keys) }}

with

events as (

    select
        event_id,
        source,
        project,
        source_event_name,
        shape_key,
        left(platform, 100) as platform,
        properties,
        occurred_at
    from {{ ref('int_events__unioned') }}
    where {{ near_scope('local_date', 'occurred_at') }}

),

names as (

    select
        source,
        source_event_name,
        event_name,
        plan_event_name
    from {{ ref('int_events__names') }}
    where plan_status != 'system'

),

verdicts as (

    select
        source,
        shape_key,
        verdict_key
    from {{ ref('int_events__verdicts') }}

),

settings as (

    select
        settings.timezone,
        {{ version_keys('meta.version_property') }}

    from {{ ref('stg_company__settings') }} as settings
    left join {{ ref('stg_company__plan_meta') }} as meta
        on true

),

event_violations as (

    select * from {{ ref('int_events__event_violations') }}

),

judged_by_event as (

    select event_id
    from event_violations
    group by all

),

-- all events pass here with their bags, and only here: a second reader of the bags of ten million
-- events would have them written down. On go those that break a rule, without bags.
broken as (

    select
        events.event_id,
        events.source,
        events.project,
        names.event_name,
        verdicts.verdict_key,
        sunsets.mode as sunset_mode,
        judged_by_event.event_id is not null as is_judged_by_event,
        events.platform,
        case
            when names.plan_event_name != ''
                then {{ written_version('events.properties') }}
        end as written_version,
        events.occurred_at,
        cast({{
            shifted_time('events.occurred_at', 'quarters.shift', 'settings.timezone')
        }} as date) as local_date

    from events
    cross join settings
    inner join {{ ref('int_events__quarter_hours') }} as quarters
        on {{ quarter_of('events.occurred_at') }} = quarters.quarter_at
    inner join names
        on
            events.source = names.source
            and events.source_event_name = names.source_event_name
    left join verdicts
        on events.source = verdicts.source and events.shape_key = verdicts.shape_key
    left join {{ ref('int_events__sunsets') }} as sunsets
        on
            events.source = sunsets.source
            and events.source_event_name = sunsets.source_event_name
            and events.occurred_at >= sunsets.sunset_at
    left join judged_by_event
        on events.event_id = judged_by_event.event_id
    where
        verdicts.verdict_key is not null
        or sunsets.mode is not null
        or judged_by_event.event_id is not null

),

-- by the name, keys and types of the event, by its day, by its values
described as (

    select
        broken.*,
        cast(null as varchar) as property,
        cast(null as varchar) as rule,
        cast(null as varchar) as detail,
        cast(null as varchar) as mode
    from broken
    where verdict_key is not null

    union all by name

    select
        broken.* replace (null as verdict_key),
        'deprecated_event_seen' as rule,
        sunset_mode as mode
    from broken
    where sunset_mode is not null

    union all by name

    select
        broken.* replace (null as verdict_key),
        violations.property,
        violations.rule,
        violations.detail,
        violations.mode
    from broken
    inner join event_violations as violations
        on broken.event_id = violations.event_id
    where broken.is_judged_by_event

),

counted as (

    select
        source,
        project,
        event_name,
        verdict_key,
        property,
        rule,
        detail,
        mode,
        platform,
        {{ event_version('written_version') }} as event_version,
        local_date,
        count(*) as events,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        min(event_id, 5) as example_event_ids

    from described
    where {{ in_scope('local_date') }}
    group by all

)

select * from counted
