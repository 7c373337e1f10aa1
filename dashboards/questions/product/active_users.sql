-- grain: one row per period of the range

-- @actor_periods window

-- @periods period

-- @first_periods

-- @period_counts window

-- @person_groups period

-- @temp window_changes
with

-- A person counts in the n days from an active day on; the next active day adds what the one before does not cover.
changes as (

    select
        greatest(period, coalesce(period - gap + 7, period)) as day,
        people as wau_change,
        0 as mau_change
    from period_counts

    union all

    select period + 7, -people, 0
    from period_counts

    union all

    select greatest(period, coalesce(period - gap + $mau_days, period)), 0, people
    from period_counts

    union all

    select period + $mau_days, 0, -people
    from period_counts

),

daily as (

    select
        day,
        sum(wau_change) as wau_change,
        sum(mau_change) as mau_change

    from changes

    group by all

)

select
    day,
    cast(sum(wau_change) over (order by day) as bigint) as wau,
    cast(sum(mau_change) over (order by day) as bigint) as mau

from daily

-- @rows
with

counted as (

    select
        period,
        cast(sum(people) as bigint) as active,
        cast(coalesce(sum(people) filter (where is_new), 0) as bigint) as new

    from period_counts

    where is_in_range

    group by all

)

select
    periods.period_start,
    coalesce(counted.active, 0) as active,
    coalesce(counted.new, 0) as new,
    coalesce(counted.active - counted.new, 0) as returning,
    case when $period = 'day' then coalesce(window_changes.wau, 0) end as wau,
    case when $period = 'day' then coalesce(window_changes.mau, 0) end as mau,
    periods.is_complete as complete,
    null as breakdown

from periods

left join counted
    on periods.period = counted.period

asof left join window_changes
    on periods.period >= window_changes.day

order by periods.period

-- @groups
with

grouped as (

    select
        person_groups.value,
        actor_periods.period,
        count(*) as active,
        count(*) filter (where actor_periods.period = first_periods.first_period) as new,
        count(*) filter (where actor_periods.period > first_periods.first_period) as returning

    from actor_periods

    inner join first_periods
        on actor_periods.person = first_periods.person

    inner join person_groups
        on actor_periods.person = person_groups.person
        and actor_periods.period = person_groups.period

    where actor_periods.last_at >= $from_at

    group by all

),

groups as (

    select distinct
        value,
        place

    from person_groups

)

select
    periods.period_start,
    coalesce(grouped.active, 0) as active,
    coalesce(grouped.new, 0) as new,
    coalesce(grouped.returning, 0) as returning,
    null as wau,
    null as mau,
    periods.is_complete as complete,
    groups.value as breakdown

from periods

cross join groups

left join grouped
    on periods.period = grouped.period
    and groups.value = grouped.value

order by groups.place, periods.period

-- @outcomes
select
    actor_periods.person as actor,
    concat(actor_periods.period, if(actor_periods.period = first_periods.first_period, ' new', '')) as outcome

from actor_periods

inner join periods
    on actor_periods.period = periods.period

inner join first_periods
    on actor_periods.person = first_periods.person

where actor_periods.last_at >= $from_at

union all

-- who is in the MAU of the last day
select distinct
    actor_periods.person,
    'mau'

from actor_periods

where
    $period = 'day'
    and actor_periods.period > (select max(period) from periods) - $mau_days

-- @summary
with

counted as (

    select
        periods.period,
        periods.period_start,
        cast(coalesce(sum(period_counts.people), 0) as bigint) as active

    from periods

    left join period_counts
        on periods.period = period_counts.period
        and period_counts.is_in_range

    where periods.is_complete

    group by all

)

select
    max_by(period_start, period) as last_complete_period,
    max_by(active, period) as active,
    (select active from counted order by period desc limit 1 offset 1) as previous,
    (select active from counted order by period desc limit 1)
        / nullif((select active from counted order by period desc limit 1 offset 1), 0) - 1 as change_rate

from counted
