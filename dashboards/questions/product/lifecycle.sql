-- grain: one row per period of the range

-- @actor_periods period

-- @periods period

-- @first_periods

-- @period_counts period

-- What one person is in each period; only to tell who comes out differently in another tool.
-- @temp neighbours
select
    person,
    period,
    lag(period) over (partition by person order by period) as period_before,
    lead(period) over (partition by person order by period) as period_after

from actor_periods

-- @temp stages
select
    neighbours.person,
    neighbours.period,
    case
        when first_periods.first_period = neighbours.period then 'new'
        when neighbours.period_before = neighbours.period - 1 then 'current'
        else 'resurrected'
    end as stage

from neighbours

inner join first_periods
    on neighbours.person = first_periods.person

union all

select
    person,
    period + 1,
    'dormant'

from neighbours

where period_after is null or period_after > period + 1

-- @temp stage_counts
with

counted as (

    select
        period,
        sum(people) as active,
        coalesce(sum(people) filter (where gap = 1), 0) as came_again,
        coalesce(sum(people) filter (where is_new), 0) as new,
        coalesce(sum(people) filter (where gap = 1 and not is_new), 0) as current

    from period_counts

    group by all

)

select
    periods.period,
    periods.period_start,
    periods.is_complete,
    cast(coalesce(here.active, 0) as bigint) as active,
    cast(coalesce(here.new, 0) as bigint) as new,
    cast(coalesce(here.current, 0) as bigint) as current,
    cast(coalesce(here.active - here.new - here.current, 0) as bigint) as resurrected,
    cast(coalesce(earlier.active, 0) - coalesce(here.came_again, 0) as bigint) as dormant

from periods

left join counted as here
    on periods.period = here.period

left join counted as earlier
    on periods.period = earlier.period + 1

-- @rows
select
    period_start,
    new,
    current,
    resurrected,
    dormant,
    is_complete as complete,
    active,
    (new + resurrected) / nullif(dormant, 0) as growth_ratio

from stage_counts

order by period

-- @outcomes
select
    stages.person as actor,
    concat(stages.period, ' ', stages.stage) as outcome

from stages

inner join periods
    on stages.period = periods.period

-- @summary
select
    cast(coalesce(sum(new), 0) as bigint) as new,
    cast(coalesce(sum(resurrected), 0) as bigint) as resurrected,
    cast(coalesce(sum(dormant), 0) as bigint) as dormant,
    (coalesce(sum(new), 0) + coalesce(sum(resurrected), 0)) / nullif(sum(dormant), 0) as growth_ratio

from stage_counts

where is_complete
