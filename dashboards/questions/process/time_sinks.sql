-- grain: one row per kind of cost, thing and evidence

-- @temp entries
select
    entries.evidence,
    entries.person_id,
    lower(trim(coalesce(entries.title_redacted, 'without a title'))) as title,
    entries.work_project,
    entries.category,
    entries.seconds

from marts.fct_time_entries as entries
inner join marts.dim_people as people
    on entries.person_id = people.person_id and people.role = 'pm'
where entries.start_at >= $from_at and entries.start_at < least($to_at, $as_of)

-- @temp costs
with

meetings as (

    select
        'meeting' as kind,
        title as name,
        evidence,
        person_id,
        category,
        seconds,
        cast(null as double) as waited_seconds
    from entries
    where evidence = 'calendar'

),

tasks as (

    select
        'task' as kind,
        coalesce(work_project, title) as name,
        evidence,
        person_id,
        category,
        seconds,
        cast(null as double) as waited_seconds
    from entries
    where evidence = 'time_tracking'

),

-- time in which people set up a tool, or which names it
tools as (

    select
        'tool' as kind,
        tools.name,
        entries.evidence,
        entries.person_id,
        entries.category,
        entries.seconds,
        cast(null as double) as waited_seconds

    from entries
    inner join marts.dim_tools as tools
        on tools.kind = 'tool' and contains(entries.title, lower(tools.name))

),

-- what somebody waited for is on the clock of the wall, and is not time at work
questions as (

    select
        'question' as kind,
        episodes.question as name,
        case when episodes.has_ticket then 'ticket' else 'question_log' end as evidence,
        episodes.person_id,
        cast(null as varchar) as category,
        cast(null as bigint) as seconds,
        cast(
            date_diff('second', episodes.asked_at, least(coalesce(episodes.answered_at, $as_of), $as_of)) as double
        ) as waited_seconds

    from marts.fct_question_episodes as episodes
    where
        episodes.role = 'pm'
        and episodes.asked_at >= $from_at
        and episodes.asked_at < least($to_at, $as_of)

),

handoffs as (

    select
        'handoff' as kind,
        came_from || ' to ' || function_name as name,
        'work_items' as evidence,
        cast(null as varchar) as person_id,
        cast(null as varchar) as category,
        cast(null as bigint) as seconds,
        86400 * days_waited as waited_seconds

    from marts.fct_function_spans
    where is_handoff and entered_at >= $from_at and entered_at < least($to_at, $as_of)

)

select * from meetings
union all
select * from tasks
union all
select * from tools
union all
select * from questions
union all
select * from handoffs

-- @temp named
select
    kind,
    evidence,
    -- what fewer people than the group that may be shown spend time on has no name
    case
        when kind = 'handoff' or count(distinct person_id) >= (select minimum_group_size from marts.dim_settings)
            then name
    end as shown_name,
    name

from costs
group by kind, evidence, name

-- @temp sinks
select
    costs.kind,
    named.shown_name as name,
    costs.evidence,
    count(*) as items,
    count(distinct costs.person_id) as people,
    sum(costs.seconds) / 3600.0 as hours,
    -- what no category of K4 takes in may be the work itself
    sum(costs.seconds) filter (where costs.category is not null) / 3600.0 as process_hours,
    sum(costs.waited_seconds) / 3600.0 as waited_hours

from costs
inner join named
    on costs.kind = named.kind and costs.evidence = named.evidence and costs.name is not distinct from named.name
group by all

-- @rows
select
    kind,
    coalesce(name, 'things of fewer people than may be shown') as name,
    evidence,
    items,
    case when kind != 'handoff' then people end as people,
    case when kind = 'handoff' or people >= (select minimum_group_size from marts.dim_settings) then hours end as hours,
    case when people >= (select minimum_group_size from marts.dim_settings) then process_hours end as process_hours,
    case when kind = 'handoff' or people >= (select minimum_group_size from marts.dim_settings) then waited_hours end as waited_hours,
    -- what is in a name of fewer people comes last of its kind
    row_number() over (
        partition by kind, evidence order by name is null, coalesce(hours, waited_hours) desc, name
    ) as place

from sinks
where $kind = 'all' or kind = $kind
order by hours desc nulls last, waited_hours desc nulls last, kind, evidence, name

-- @summary
select
    sum(hours) filter (where kind = 'meeting') as meeting_hours,
    sum(hours) filter (where kind = 'task') as tracked_hours,
    sum(waited_hours) filter (where kind = 'question') as question_waited_hours,
    sum(waited_hours) filter (where kind = 'handoff') as handoff_waited_hours

from sinks
where people >= (select minimum_group_size from marts.dim_settings) or kind = 'handoff'
