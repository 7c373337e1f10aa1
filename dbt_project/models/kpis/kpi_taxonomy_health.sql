-- grain: one row per variant, period and period start
-- K6: how much of what arrives is planned and keeps to its declaration. A rule counts in every
-- mode: who is told of it does not change the number. What tools write about people (system
-- events) is not the plan's business. The plan is the one of today, also for days long gone.
{% set first_day %}
    select cast(min(days.local_date) as timestamp) as first_day
    from {{ ref('fct_event_days') }} as days
{% endset %}
with

{{ kpi_periods(first_day, 'K6') }},

plan as (

    select
        event_name,
        area,
        owner is not null as is_owned,
        status not in ('unplanned', 'system') as is_planned,
        status = 'system' as is_system

    from {{ ref('dim_events') }}

),

has_plan as (

    select coalesce(bool_or(is_planned), false) as has_plan
    from plan

),

-- a day that the as-of instant cuts in two is counted event by event
cut_days as (

    select
        event_name,
        source,
        project,
        local_date
    from {{ ref('fct_event_days') }}
    where {{ seen_by_as_of('first_at') }} and not {{ seen_by_as_of('last_at') }}

),

days as (

    select
        event_name,
        local_date,
        events,
        violating_events,
        unknown_events,
        sunset_events
    from {{ ref('fct_event_days') }}
    where {{ seen_by_as_of('last_at') }}

    union all by name

    select
        events.event_name,
        events.local_date,
        count(*) as events,
        count(*) filter (where events.violations != '') as violating_events,
        count(*) filter (
            where {{ breaks_rule('events.violations', 'unknown') }}
        ) as unknown_events,
        count(*) filter (
            where {{ breaks_rule('events.violations', 'deprecated_event_seen') }}
        ) as sunset_events

    from {{ ref('fct_events') }} as events
    semi join cut_days
        on
            events.event_name = cut_days.event_name
            and events.source = cut_days.source
            and events.project = cut_days.project
            and events.local_date = cut_days.local_date
    where {{ seen_by_as_of('events.occurred_at') }}
    group by all

),

named as (

    select
        days.event_name,
        days.local_date,
        days.events,
        days.violating_events,
        days.unknown_events,
        days.sunset_events,
        plan.area,
        plan.is_planned,
        plan.is_owned

    from days
    inner join plan
        on days.event_name = plan.event_name
    where not plan.is_system

),

in_period as (

    select
        periods.period,
        periods.period_start,
        named.event_name,
        named.area,
        sum(named.events) as events,
        sum(named.events - named.violating_events) filter (where named.is_planned) as valid_events,
        sum(named.events) filter (where named.is_owned) as owned_events,
        sum(named.unknown_events) as unknown_events,
        sum(named.sunset_events) as sunset_events

    from periods
    inner join named
        on
            periods.period_start <= named.local_date
            and periods.period_end > named.local_date
    group by all

),

-- the whole, and each area of the plan
groups as (

    select
        in_period.*,
        '' as suffix
    from in_period

    union all by name

    select
        in_period.*,
        ':' || in_period.area as suffix
    from in_period
    where in_period.area is not null

),

counts as (

    select
        period,
        period_start,
        suffix,
        sum(events) as events,
        coalesce(sum(valid_events), 0) as valid_events,
        coalesce(sum(owned_events), 0) as owned_events,
        sum(unknown_events) as unknown_events,
        count(*) filter (where sunset_events > 0) as deprecated_names

    from groups
    group by all

),

readings as (

    select
        period,
        period_start,
        'planned_and_valid' as target_variant,
        suffix,
        {{ safe_ratio('valid_events', 'events') }} as value,
        'share' as unit,
        events as n,
        valid_events as numerator,
        events as denominator,
        {{ wilson_low('valid_events', 'events') }} as ci_low,
        {{ wilson_high('valid_events', 'events') }} as ci_high,
        {{ safe_ratio('events - unknown_events', 'events') }} as coverage
    from counts

    union all by name

    select
        period,
        period_start,
        'owned' as target_variant,
        suffix,
        {{ safe_ratio('owned_events', 'events') }} as value,
        'share' as unit,
        events as n,
        owned_events as numerator,
        events as denominator,
        {{ wilson_low('owned_events', 'events') }} as ci_low,
        {{ wilson_high('owned_events', 'events') }} as ci_high,
        1.0 as coverage
    from counts

    union all by name

    select
        period,
        period_start,
        'deprecated_seen' as target_variant,
        suffix,
        deprecated_names as value,
        'count' as unit,
        deprecated_names as n,
        1.0 as coverage
    from counts

),

measured as (

    select
        readings.target_variant || readings.suffix as variant,
        readings.target_variant,
        readings.period,
        readings.period_start,
        readings.value,
        readings.unit,
        readings.n,
        readings.numerator,
        readings.denominator,
        readings.ci_low,
        readings.ci_high,
        readings.coverage,
        periods.period_end > instant.as_of_local as is_pending,
        false as is_failed,
        0 as minimum_n,
        case when not has_plan.has_plan then 'there is no tracking plan' end as reason

    from readings
    cross join instant
    cross join has_plan
    inner join periods
        on readings.period = periods.period and readings.period_start = periods.period_start

),

{{ kpi_rows('K6', 'Taxonomy health') }}
