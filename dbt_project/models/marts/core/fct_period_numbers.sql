-- grain: one row per metric, subject, period and period start
-- The few numbers that publish compares with the version before; what differs in a closed period
-- is a restatement. A row of period `total` is what its day adds to a total of all days.
with

events as (

    select
        local_date,
        person_key,
        source,
        is_active_event
    from {{ ref('fct_events') }}
    where left_out_because is null

),

settings as (

    select timezone from {{ ref('dim_settings') }}

),

person_days as (

    select
        person_key,
        local_date,
        source,
        count(*) as events,
        bool_or(is_active_event) as is_active

    from events
    group by all

),

active_days as (

    select distinct
        person_key,
        local_date
    from person_days
    where is_active

),

first_days as (

    select
        person_key,
        min(local_date) as local_date
    from active_days
    group by all

),

first_exposures as (

    select
        exposures.experiment_id,
        exposures.unit_id,
        cast(min({{ local_time('exposures.exposed_at', 'settings.timezone') }}) as date)
            as local_date

    from {{ ref('fct_exposures') }} as exposures
    cross join settings
    group by all

),

-- what a branch does not say is the usual: of everything, by day
numbers as (

    select
        'events' as metric,
        local_date as period_start,
        sum(events) as value
    from person_days
    group by all

    union all by name

    select
        'source_events' as metric,
        source as subject,
        local_date as period_start,
        sum(events) as value
    from person_days
    group by all

    union all by name

    select
        'active_people' as metric,
        local_date as period_start,
        count(*) as value
    from active_days
    group by all

    union all by name

    select
        'active_people' as metric,
        'month' as period,
        cast(date_trunc('month', local_date) as date) as period_start,
        count(distinct person_key) as value
    from active_days
    group by all

    union all by name

    select
        unnest(['new_people', 'people']) as metric,
        unnest([null, 'total']) as period,
        local_date as period_start,
        value
    from (
        select
            local_date,
            count(*) as value
        from first_days
        group by all
    ) as first_day_counts

    union all by name

    select
        'experiment_units' as metric,
        experiment_id as subject,
        'total' as period,
        local_date as period_start,
        count(*) as value
    from first_exposures
    group by all

)

select
    metric,
    coalesce(subject, '') as subject,
    case metric
        when 'events' then 'events'
        when 'source_events' then 'events'
        when 'experiment_units' then 'units'
        else 'people'
    end as unit,
    coalesce(period, 'day') as period,
    period_start,
    cast(value as double) as value,
    case metric when 'experiment_units' then 'fct_exposures' else 'fct_events' end as measured_from

from numbers
