-- grain: one row per category of tools

-- @temp stack
select
    tool,
    name,
    category,
    is_core

from marts.dim_tools
where kind = 'tool' and coalesce(rollout_on < $as_of, true)

-- @temp uses
select
    stack.category,
    days.person_id,
    count(distinct days.tool) as tools

from marts.fct_tool_use_days as days
inner join stack
    on days.tool = stack.tool
inner join marts.dim_people as people
    on days.person_id = people.person_id and people.role = 'pm'
where
    days.local_date < cast(timezone($zone, timezone('UTC', $as_of)) as date)
    and days.local_date >= cast(timezone($zone, timezone('UTC', $as_of)) as date) - 28
group by all

-- @temp used
select
    category,
    count(*) as users,
    count(*) filter (where tools > 1) as users_of_several

from uses
group by all

-- @temp categories
select
    stack.category,
    count(*) as tools,
    count(*) filter (where stack.is_core) as core_tools,
    string_agg(stack.name, ', ' order by stack.is_core desc, stack.name) as names

from stack
group by all

-- @rows
select
    coalesce(categories.category, 'without a category') as category,
    categories.tools,
    categories.core_tools,
    categories.names,
    categories.category is not null and categories.tools > 1 as is_overlap,
    -- who uses two tools for one thing is told of groups only
    case
        when coalesce(used.users, 0) >= (select minimum_group_size from marts.dim_settings) then used.users
    end as users,
    case
        when coalesce(used.users, 0) >= (select minimum_group_size from marts.dim_settings) then used.users_of_several
    end as users_of_several

from categories
left join used
    on categories.category is not distinct from used.category
order by is_overlap desc, categories.tools desc, category

-- @summary
select
    cast(coalesce(sum(core_tools), 0) as bigint) as core_tools,
    coalesce(sum(core_tools), 0) between 4 and 6 as is_within_four_to_six,
    count(*) filter (where category is not null and tools > 1) as overlapping_categories

from categories
