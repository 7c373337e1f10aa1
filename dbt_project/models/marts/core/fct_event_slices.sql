-- grain: one row per event name, spelling, source, project, platform, version and day
-- What pages ask of an event (how much, from where, under which spelling, how clean) without
-- opening the events. Platforms and versions are labels for people: the frequent ones of each
-- source, the rest as one, so that an id in the wrong place does not make a row per event.
{% set labels_kept = 50 %}
with

settings as (

    select
        '"' || version_property || '"' as version_needle,
        {{ json_pointer('version_property') }} as version_pointer

    from {{ ref('stg_company__plan_meta') }}

),

events as (

    select
        events.event_name,
        events.source_event_name,
        events.source,
        events.project,
        left(events.platform, 100) as platform,
        case
            when contains(events.properties, settings.version_needle)
                then left(json_extract_string(events.properties, settings.version_pointer), 30)
        end as written_version,
        events.local_date,
        events.violations,
        events.is_flagged,
        events.occurred_at

    from {{ ref('fct_events') }} as events
    left join settings
        on true

),

counted as (

    select
        event_name,
        source_event_name,
        source,
        project,
        platform,
        written_version,
        local_date,
        count(*) as events,
        count(*) filter (where violations != '') as violating_events,
        count(*) filter (where is_flagged) as flagged_events,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at

    from events
    group by all

),

versioned as (

    select
        counted.*,
        case
            when counted.written_version is null then null
            when {{ semver('counted.written_version') }} is null then '(other)'
            else array_to_string({{ semver('counted.written_version') }}, '.')
        end as event_version

    from counted

),

platforms as (

    select
        source,
        platform
    from versioned
    where platform is not null
    group by source, platform
    qualify row_number() over (
        partition by source order by sum(events) desc, platform
    ) <= {{ labels_kept }}

),

versions as (

    select
        source,
        event_version
    from versioned
    where event_version is not null
    group by source, event_version
    qualify row_number() over (
        partition by source order by sum(events) desc, event_version
    ) <= {{ labels_kept }}

),

slices as (

    select
        versioned.event_name,
        versioned.source_event_name,
        versioned.source,
        versioned.project,
        case when versioned.platform is not null then coalesce(platforms.platform, '(other)') end
            as platform,
        case
            when versioned.event_version is not null
                then coalesce(versions.event_version, '(other)')
        end as event_version,
        versioned.local_date,
        cast(sum(versioned.events) as bigint) as events,
        cast(sum(versioned.violating_events) as bigint) as violating_events,
        cast(sum(versioned.flagged_events) as bigint) as flagged_events,
        min(versioned.first_at) as first_at,
        max(versioned.last_at) as last_at

    from versioned
    left join platforms
        on versioned.source = platforms.source and versioned.platform = platforms.platform
    left join versions
        on
            versioned.source = versions.source
            and versioned.event_version = versions.event_version
    group by all

)

select * from slices
