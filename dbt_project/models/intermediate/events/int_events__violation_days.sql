-- grain: one row per event name, property, rule, source, project, version, platform and day
-- The verdict by which events were counted is opened into its rules.
with

counted as (

    select * from {{ ref('int_events__violation_counts') }}

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
        from {{ ref('int_events__verdicts') }}
        group by verdict_key
    ) as opened

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
