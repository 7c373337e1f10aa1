-- grain: one row per period of the range

-- @actor_periods window

-- @periods period

-- @first_periods

-- @person_groups period

-- @temp window_changes
with

gaps as (

    select
        period,
        lead(period) over (partition by person order by period) as next_period

    from actor_periods

),

-- A person counts in the n days from an active day on, or until the next active day takes over.
changes as (

    select period as day, 1 as wau_change, 1 as mau_change
    from gaps

    union all

    select least(period + 7, coalesce(next_period, period + 7)), -1, 0
    from gaps

    union all

    select least(period + $mau_days, coalesce(next_period, period + $mau_days)), 0, -1
    from gaps

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

active as (

    select
        actor_periods.period,
        count(*) as active,
        count(*) filter (where actor_periods.period = first_periods.first_period) as new,
        count(*) filter (where actor_periods.period > first_periods.first_period) as returning

    from actor_periods

    inner join first_periods
        on actor_periods.person = first_periods.person

    where actor_periods.last_at >= $from_at

    group by all

),

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

),

rows as (

    select
        periods.period,
        periods.period_start,
        coalesce(active.active, 0) as active,
        coalesce(active.new, 0) as new,
        coalesce(active.returning, 0) as returning,
        case when $period = 'day' then coalesce(window_changes.wau, 0) end as wau,
        case when $period = 'day' then coalesce(window_changes.mau, 0) end as mau,
        periods.is_complete as complete,
        null as breakdown,
        0 as place

    from periods

    left join active
        on periods.period = active.period

    asof left join window_changes
        on periods.period >= window_changes.day

    where $breakdown is null

    union all

    select
        periods.period,
        periods.period_start,
        coalesce(grouped.active, 0),
        coalesce(grouped.new, 0),
        coalesce(grouped.returning, 0),
        null,
        null,
        periods.is_complete,
        groups.value,
        groups.place

    from periods

    cross join groups

    left join grouped
        on periods.period = grouped.period
        and groups.value = grouped.value

)

select * exclude (period, place)

from rows

order by place, period

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
        count(actor_periods.person) as active

    from periods

    left join actor_periods
        on periods.period = actor_periods.period
        and actor_periods.last_at >= $from_at

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
