-- grain: one row per period of the range

-- @actor_periods period

-- @periods period

-- @first_periods

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

-- @rows
select
    periods.period_start,
    count(*) filter (where stages.stage = 'new') as new,
    count(*) filter (where stages.stage = 'current') as current,
    count(*) filter (where stages.stage = 'resurrected') as resurrected,
    count(*) filter (where stages.stage = 'dormant') as dormant,
    periods.is_complete as complete,
    count(*) filter (where stages.stage in ('new', 'current', 'resurrected')) as active,
    count(*) filter (where stages.stage in ('new', 'resurrected'))
        / nullif(count(*) filter (where stages.stage = 'dormant'), 0) as growth_ratio

from periods

left join stages
    on periods.period = stages.period

group by periods.period, periods.period_start, periods.is_complete

order by periods.period

-- @outcomes
select
    stages.person as actor,
    concat(stages.period, ' ', stages.stage) as outcome

from stages

inner join periods
    on stages.period = periods.period

-- @summary
select
    count(*) filter (where stages.stage = 'new') as new,
    count(*) filter (where stages.stage = 'resurrected') as resurrected,
    count(*) filter (where stages.stage = 'dormant') as dormant,
    (count(*) filter (where stages.stage in ('new', 'resurrected')))
        / nullif(count(*) filter (where stages.stage = 'dormant'), 0) as growth_ratio

from periods

inner join stages
    on periods.period = stages.period

where periods.is_complete
