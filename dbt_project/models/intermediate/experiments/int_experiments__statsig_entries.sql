-- grain: one row per Statsig experiment, in the registry's words
with

experiments as (

    select * from {{ ref('stg_statsig__experiments') }}

),

positions as (

    select
        project,
        tool_id,
        groups as group_list,
        unnest(range(cast(json_array_length(groups) as bigint))) as position
    from experiments

),

group_rows as (

    select
        project,
        tool_id,
        position,
        json_extract_string(group_list, '$[' || position || '].name') as name,
        json_extract_string(group_list, '$[' || position || '].id') as group_id,
        try_cast(json_extract_string(group_list, '$[' || position || '].size') as double) as size

    from positions

),

arms as (

    select
        project,
        tool_id,
        -- exposures carry the group's name
        min(name) filter (where lower(name) = 'control') as control,
        min(group_id) filter (where lower(name) = 'control') as control_id,
        to_json(list({ 'key': name, 'weight': size / 100 } order by position)) as variants

    from group_rows
    group by all

),

entries as (

    select
        experiments.source,
        experiments.project,
        experiments.tool_id,
        experiments.tool_id as exposure_key,
        cast([] as varchar[]) as other_keys,
        experiments.name,
        case
            when experiments.status = 'setup' then 'draft'
            when experiments.status = 'active' then 'running'
            when experiments.status = 'decision_made' then 'decided'
            when experiments.status in ('experiment_stopped', 'assignment_stopped') then 'stopped'
            when experiments.status = 'archived' and experiments.decided_at is not null
                then 'decided'
            when experiments.status = 'archived' and experiments.start_at is not null
                then 'stopped'
            when experiments.status = 'archived' then 'abandoned'
            else experiments.status
        end as status,
        cast(null as varchar) as owner,
        lower(experiments.creator_email) as owner_email,
        experiments.hypothesis,
        arms.control,
        coalesce(arms.variants, '[]') as variants,
        coalesce(
            json_extract_string(experiments.primary_metrics, '$[0].name'),
            json_extract_string(experiments.primary_metrics, '$[0]')
        ) as primary_metric,
        experiments.randomization_unit,
        experiments.start_at,
        experiments.end_at,
        case
            when experiments.launched_group_id = arms.control_id then 'revert'
            when experiments.launched_group_id is not null then 'ship'
            when experiments.status = 'decision_made' then 'none'
        end as decision,
        experiments.decided_at,
        experiments.decision_reason as learning

    from experiments
    left join arms
        on
            experiments.project = arms.project
            and experiments.tool_id = arms.tool_id

)

select * from entries
