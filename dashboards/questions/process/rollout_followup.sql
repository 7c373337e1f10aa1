-- grain: one row per rollout and area

-- @temp today
select cast(timezone($zone, timezone('UTC', $as_of)) as date) as day

-- @temp people
select
    people.tool,
    people.rollout_on,
    people.person_id,
    coalesce(people.area, 'without an area') as area,
    bool_or(days.local_date is not null) as has_used

from marts.fct_rollout_people as people
cross join today
left join marts.fct_tool_use_days as days
    on
        people.tool = days.tool
        and people.person_id = days.person_id
        and days.local_date >= people.rollout_on
        and days.local_date <= people.rollout_on + 30
        and days.local_date < today.day
where
    people.rollout_on < today.day
    and coalesce(people.end_on >= least(today.day, people.rollout_on + 30), true)
    and ($tool is null or people.tool = $tool)
group by all

-- @temp areas
-- Small areas are told together. Where they are still too few, the next one joins them: else they
-- would be what is missing to the whole.
with

sizes as (

    select
        tool,
        area,
        count(*) as people,
        count(*) >= (select minimum_group_size from marts.dim_settings) as is_large
    from people
    group by all

),

placed as (

    select
        *,
        coalesce(sum(people) filter (where not is_large) over (partition by tool), 0) as in_small,
        row_number() over (partition by tool, is_large order by people, area) as place
    from sizes

)

select
    tool,
    area,
    is_large and not (
        place = 1
        and in_small > 0
        and in_small < (select minimum_group_size from marts.dim_settings)
    ) as is_shown

from placed

-- @temp followed
select
    people.tool,
    people.rollout_on,
    case when areas.is_shown then people.area else 'smaller areas together' end as area,
    count(*) as eligible,
    count(*) filter (where people.has_used) as used

from people
inner join areas
    on people.tool = areas.tool and people.area = areas.area
group by all

-- @rows
select
    followed.tool,
    tools.name,
    followed.rollout_on,
    followed.area,
    followed.eligible,
    case when followed.eligible >= (select minimum_group_size from marts.dim_settings) then followed.used end as used,
    case
        when followed.eligible >= (select minimum_group_size from marts.dim_settings) then followed.eligible - followed.used
    end as not_yet,
    followed.rollout_on + 30 as follow_up_until,
    today.day <= followed.rollout_on + 30 as is_open

from followed
cross join today
inner join marts.dim_tools as tools
    on followed.tool = tools.tool
where tools.usage_sources > 0
order by followed.rollout_on desc, followed.tool, not_yet desc nulls last, followed.area

-- @summary
select
    count(distinct tool) as rollouts,
    cast(coalesce(sum(eligible - used), 0) as bigint) as not_yet

from followed
