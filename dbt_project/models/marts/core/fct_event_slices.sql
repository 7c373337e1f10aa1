-- grain: one row per event name, spelling, source, project, platform, version and day
-- What pages ask of an event (how much, from where, under which spelling, how clean) without
-- opening the events.
with

settings as (

    select {{ version_keys('version_property') }}
    from {{ ref('stg_company__plan_meta') }}

),

events as (

    select
        events.event_name,
        events.source_event_name,
        events.source,
        events.project,
        left(events.platform, 100) as platform,
        {{ written_version('events.properties') }} as written_version,
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
        {{ event_version('counted.written_version') }} as event_version

    from counted

),

platforms as (

    {{ frequent_labels('versioned', 'platform') }}

),

versions as (

    {{ frequent_labels('versioned', 'event_version') }}

),

slices as (

    select
        versioned.event_name,
        versioned.source_event_name,
        versioned.source,
        versioned.project,
        {{ shown_label('versioned.platform', 'platforms.platform') }} as platform,
        {{ shown_label('versioned.event_version', 'versions.event_version') }} as event_version,
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
