-- grain: one row per period and number of active units, up to the units that the period can hold

-- @unit_counts

-- @recent_days 28

-- @periods period

-- @rows
with

sizes as (

    select
        periods.period,
        periods.period_start,
        greatest(
            coalesce(max(unit_counts.units_active), 0),
            least(
                cast(ceil(
                    epoch(least(periods.end_at, $to_at) - greatest(periods.start_at, $from_at))
                    / case $unit when 'hour' then 3600 when 'day' then 86400 when 'week' then 604800 else 2592000 end
                ) as bigint),
                744
            )
        ) as units

    from periods

    left join unit_counts
        on periods.period = unit_counts.period

    group by periods.period, periods.period_start, periods.start_at, periods.end_at

),

grid as (

    select
        period,
        period_start,
        unnest(range(1, units + 1)) as units_active

    from sizes

),

filled as (

    select
        grid.period_start,
        grid.units_active,
        coalesce(unit_counts.people, 0) as exactly,
        cast(sum(coalesce(unit_counts.people, 0)) over (
            partition by grid.period
            order by grid.units_active desc
        ) as bigint) as at_least,
        sum(unit_counts.people) over (partition by grid.period) as actors

    from grid

    left join unit_counts
        on grid.period = unit_counts.period
        and grid.units_active = unit_counts.units_active

)

select
    period_start,
    units_active,
    exactly as actors_exactly,
    at_least as actors_at_least,
    exactly / nullif(actors, 0) as share_exactly,
    at_least / nullif(actors, 0) as share_at_least

from filled

order by period_start, units_active

-- @summary
select
    unit_people.actors,
    recent_days.daily / 28.0 as mean_dau_28,
    recent_days.people as mau_28,
    recent_days.daily / 28.0 / nullif(recent_days.people, 0) as dau_over_mau

from unit_people

cross join recent_days
