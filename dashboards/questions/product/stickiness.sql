-- grain: one row per period and number of active units, up to the units that the period can hold

-- @events person, local_at, event_at since 28_days

-- @periods period

-- @temp active_units
select distinct
    scoped_events.person,
    periods.period,
    unit_of(scoped_events.local_at, scoped_events.event_at) as unit_index

from scoped_events

inner join periods
    on period_of(scoped_events.local_at, scoped_events.event_at) = periods.period

where scoped_events.event_at >= $from_at

-- @temp people
select
    period,
    person,
    count(*) as units_active

from active_units

group by all

-- @rows
with

sizes as (

    select
        periods.period,
        periods.period_start,
        greatest(
            coalesce(max(people.units_active), 0),
            least(
                cast(ceil(
                    epoch(least(periods.end_at, $to_at) - greatest(periods.start_at, $from_at))
                    / case $unit when 'hour' then 3600 when 'day' then 86400 when 'week' then 604800 else 2592000 end
                ) as bigint),
                744
            )
        ) as units

    from periods

    left join people
        on periods.period = people.period

    group by periods.period, periods.period_start, periods.start_at, periods.end_at

),

grid as (

    select
        period,
        period_start,
        unnest(range(1, units + 1)) as units_active

    from sizes

),

totals as (

    select
        period,
        count(*) as actors

    from people

    group by all

)

select
    grid.period_start,
    grid.units_active,
    count(people.person) filter (where people.units_active = grid.units_active) as actors_exactly,
    count(people.person) as actors_at_least,
    count(people.person) filter (where people.units_active = grid.units_active) / nullif(any_value(totals.actors), 0) as share_exactly,
    count(people.person) / nullif(any_value(totals.actors), 0) as share_at_least

from grid

left join totals
    on grid.period = totals.period

left join people
    on grid.period = people.period
    and people.units_active >= grid.units_active

group by all

order by grid.period_start, grid.units_active

-- @summary
with

days as (

    select distinct
        person,
        cast(local_at as date) as day

    from scoped_events

    where event_at >= $to_at - interval 28 days

),

daily as (

    select count(*) as active
    from days
    group by day

)

select
    (select count(distinct person) from people) as actors,
    (select sum(active) / 28.0 from daily) as mean_dau_28,
    (select count(distinct person) from days) as mau_28,
    (select sum(active) / 28.0 from daily) / nullif((select count(distinct person) from days), 0) as dau_over_mau
