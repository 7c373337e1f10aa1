-- grain: one row per event name, property, rule, source, project, version, platform and day
-- Events are counted by their verdict first, and the verdict is opened into its rules afterwards:
-- an event that breaks ten rules passes once. An event that breaks none does not pass at all.
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

    select * from {{ ref('int_events__verdicts') }}

),

verdict_rules as (

    select
        opened.verdict_key,
        opened.violation.property,
        opened.violation.rule,
        opened.violation.detail,
        opened.violation.mode

    from (
        select
            verdict_key,
            unnest(any_value(violations)) as violation
        from verdicts
        group by verdict_key
    ) as opened

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
        cast({{ local_time('events.occurred_at', 'settings.timezone') }} as date) as local_date

    from events
    cross join settings
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
    group by all

),

told as (

    select
        counted.source,
        counted.project,
        counted.event_name,
        coalesce(verdict_rules.property, counted.property) as property,
        coalesce(verdict_rules.rule, counted.rule) as rule,
        coalesce(verdict_rules.detail, counted.detail) as detail,
        coalesce(verdict_rules.mode, counted.mode) as mode,
        counted.platform,
        counted.event_version,
        counted.local_date,
        counted.events,
        counted.first_seen_at,
        counted.last_seen_at,
        counted.example_event_ids

    from counted
    left join verdict_rules
        on counted.verdict_key = verdict_rules.verdict_key

),

platforms as (

    {{ frequent_labels('told', 'platform') }}

),

versions as (

    {{ frequent_labels('told', 'event_version') }}

),

days as (

    select
        told.event_name,
        told.property,
        told.rule,
        told.mode,
        told.source,
        told.project,
        {{ shown_label('told.event_version', 'versions.event_version') }} as event_version,
        {{ shown_label('told.platform', 'platforms.platform') }} as platform,
        told.local_date,
        min(told.detail) as detail,
        cast(sum(told.events) as bigint) as events,
        min(told.first_seen_at) as first_seen_at,
        max(told.last_seen_at) as last_seen_at,
        list_slice(list_sort(flatten(list(told.example_event_ids))), 1, 5) as example_event_ids

    from told
    left join platforms
        on told.source = platforms.source and told.platform = platforms.platform
    left join versions
        on told.source = versions.source and told.event_version = versions.event_version
    group by all

)

select * from days
