-- grain: one row per event name, property, rule, source, project, version, platform and day
-- Events are counted by their verdict first, and the verdict is opened into its rules afterwards:
-- an event that breaks ten rules passes once. Platforms and versions are labels for people: the
-- frequent ones of each source, the rest as one.
{% set labels_kept = 50 %}
with

events as (

    select
        event_id,
        source,
        project,
        source_event_name,
        shape_key,
        platform,
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

sunsets as (

    select * from {{ ref('int_events__sunsets') }}

),

settings as (

    select
        settings.timezone,
        meta.version_property,
        '"' || meta.version_property || '"' as version_needle,
        {{ json_pointer('meta.version_property') }} as version_pointer

    from {{ ref('stg_company__settings') }} as settings
    left join {{ ref('stg_company__plan_meta') }} as meta
        on true

),

marked as (

    select
        events.event_id,
        events.source,
        events.source_event_name,
        events.project,
        verdicts.verdict_key,
        coalesce(events.occurred_at >= sunsets.sunset_at, false) as is_after_sunset,
        sunsets.mode as sunset_mode,
        left(events.platform, 100) as platform,
        events.properties,
        events.occurred_at

    from events
    left join verdicts
        on events.source = verdicts.source and events.shape_key = verdicts.shape_key
    left join sunsets
        on
            events.source = sunsets.source
            and events.source_event_name = sunsets.source_event_name
    where
        verdicts.verdict_key is not null
        or events.occurred_at >= sunsets.sunset_at

),

described as (

    select
        marked.event_id,
        marked.source,
        marked.project,
        names.event_name,
        marked.verdict_key,
        marked.is_after_sunset,
        marked.sunset_mode,
        marked.platform,
        case
            when
                names.plan_event_name != ''
                and contains(marked.properties, settings.version_needle)
                then json_extract_string(marked.properties, settings.version_pointer)
        end as written_version,
        marked.occurred_at,
        cast({{ local_time('marked.occurred_at', 'settings.timezone') }} as date) as local_date

    from marked
    cross join settings
    inner join names
        on
            marked.source = names.source
            and marked.source_event_name = names.source_event_name

),

counted as (

    select
        source,
        project,
        event_name,
        verdict_key,
        is_after_sunset,
        sunset_mode,
        platform,
        written_version,
        local_date,
        count(*) as events,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        min(event_id, 5) as example_event_ids

    from described
    group by all

),

of_verdicts as (

    select
        counted.source,
        counted.project,
        counted.event_name,
        verdict_rules.property,
        verdict_rules.rule,
        verdict_rules.detail,
        verdict_rules.mode,
        counted.platform,
        counted.written_version,
        counted.local_date,
        counted.events,
        counted.first_seen_at,
        counted.last_seen_at,
        counted.example_event_ids

    from counted
    inner join verdict_rules
        on counted.verdict_key = verdict_rules.verdict_key

),

of_sunsets as (

    select
        source,
        project,
        event_name,
        cast(null as varchar) as property,
        'deprecated_event_seen' as rule,
        cast(null as varchar) as detail,
        sunset_mode as mode,
        platform,
        written_version,
        local_date,
        events,
        first_seen_at,
        last_seen_at,
        example_event_ids

    from counted
    where is_after_sunset

),

of_events as (

    select
        events.source,
        events.project,
        names.event_name,
        violations.property,
        violations.rule,
        violations.detail,
        violations.mode,
        left(events.platform, 100) as platform,
        case
            when
                names.plan_event_name != ''
                and contains(events.properties, settings.version_needle)
                then json_extract_string(events.properties, settings.version_pointer)
        end as written_version,
        cast({{ local_time('events.occurred_at', 'settings.timezone') }} as date) as local_date,
        count(*) as events,
        min(events.occurred_at) as first_seen_at,
        max(events.occurred_at) as last_seen_at,
        min(events.event_id, 5) as example_event_ids

    from events
    cross join settings
    inner join {{ ref('int_events__event_violations') }} as violations
        on events.event_id = violations.event_id
    inner join names
        on
            events.source = names.source
            and events.source_event_name = names.source_event_name
    group by all

),

unioned as (

    select * from of_verdicts
    union all by name
    select * from of_sunsets
    union all by name
    select * from of_events

),

versioned as (

    select
        unioned.*,
        case
            when unioned.written_version is null then null
            when {{ semver('unioned.written_version') }} is null then '(other)'
            else array_to_string({{ semver('unioned.written_version') }}, '.')
        end as event_version

    from unioned

),

platforms as (

    select
        source,
        platform,
        platform as shown_as
    from versioned
    where platform is not null
    group by source, platform
    qualify row_number() over (
        partition by source order by sum(events) desc, platform asc
    ) <= {{ labels_kept }}

),

versions as (

    select
        source,
        event_version,
        event_version as shown_as
    from versioned
    where event_version is not null
    group by source, event_version
    qualify row_number() over (
        partition by source order by sum(events) desc, event_version asc
    ) <= {{ labels_kept }}

),

labelled as (

    select
        versioned.source,
        versioned.project,
        versioned.event_name,
        versioned.property,
        versioned.rule,
        versioned.detail,
        versioned.mode,
        versioned.local_date,
        versioned.events,
        versioned.first_seen_at,
        versioned.last_seen_at,
        versioned.example_event_ids,
        case when versioned.platform is not null then coalesce(platforms.shown_as, '(other)') end
            as platform,
        case
            when versioned.event_version is not null then coalesce(versions.shown_as, '(other)')
        end as event_version

    from versioned
    left join platforms
        on versioned.source = platforms.source and versioned.platform = platforms.platform
    left join versions
        on
            versioned.source = versions.source
            and versioned.event_version = versions.event_version

),

days as (

    select
        event_name,
        property,
        rule,
        mode,
        source,
        project,
        event_version,
        platform,
        local_date,
        min(detail) as detail,
        cast(sum(events) as bigint) as events,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        list_slice(list_sort(flatten(list(example_event_ids))), 1, 5) as example_event_ids

    from labelled
    group by all

)

select * from days
