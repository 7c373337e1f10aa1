-- grain: one row per LaunchDarkly experiment and iteration, in the registry's words
-- An iteration has a hypothesis and dates of its own: each is an experiment. Where a key stands in
-- several environments, production counts, else the first by name.
with

experiments as (

    select *
    from {{ ref('stg_launchdarkly__experiments') }}
    qualify dense_rank() over (
        partition by project, key
        order by environment_key = 'production' desc nulls last, environment_key, tool_id asc
    ) = 1

),

iterations as (

    select
        * exclude (current_iteration, previous_iterations, draft_iteration),
        unnest(list_concat(
            [cast(current_iteration as json)], json_extract(previous_iterations, '$[*]')
        )) as iteration,
        draft_iteration

    from experiments

),

all_iterations as (

    select * exclude (draft_iteration)
    from iterations
    where json_extract_string(iteration, '$._id') is not null

    union all

    -- an experiment that never had an iteration in force is still being written
    select
        * exclude (iteration, draft_iteration),
        cast(draft_iteration as json) as iteration
    from iterations
    where
        json_extract_string(iteration, '$._id') is null
        and json_extract_string(draft_iteration, '$._id') is not null
    qualify row_number() over (partition by project, tool_id order by draft_iteration) = 1

),

treatment_rows as (

    select
        project,
        tool_id,
        json_extract_string(iteration, '$._id') as iteration_id,
        unnest(json_extract(iteration, '$.treatments[*]')) as treatment
    from all_iterations

),

treatments as (

    select
        project,
        tool_id,
        iteration_id,
        json_extract_string(treatment, '$._id') as treatment_id,
        json_extract_string(treatment, '$.name') as name,
        json_extract_string(treatment, '$.baseline') = 'true' as is_baseline,
        try_cast(json_extract_string(treatment, '$.allocationPercent') as double) as allocated

    from treatment_rows

),

arms as (

    select
        project,
        tool_id,
        iteration_id,
        max(name) filter (where is_baseline) as control,
        max(treatment_id) filter (where is_baseline) as control_id,
        to_json(list(
            { 'key': name, 'weight': allocated / 100 } order by is_baseline desc, name asc
        )) as variants

    from treatments
    group by all

),

timed as (

    select
        *,
        json_extract_string(iteration, '$._id') as iteration_id,
        json_extract_string(iteration, '$.status') as iteration_status,
        json_extract_string(iteration, '$.winningTreatmentId') as winner_id,
        {{ millis_or_text("json_extract_string(iteration, '$.startedAt')") }} as start_at,
        {{ millis_or_text("json_extract_string(iteration, '$.endedAt')") }} as end_at
    from all_iterations

),

entries as (

    select
        timed.source,
        timed.project,
        timed.iteration_id as tool_id,
        timed.key as exposure_key,
        list_distinct(
            list_concat([timed.tool_id], json_keys(timed.iteration, '$.flags'))
        ) as other_keys,
        timed.name,
        case
            when timed.iteration_status = 'not_started' and timed.archived_at is not null
                then 'abandoned'
            when timed.iteration_status = 'not_started' then 'draft'
            when timed.iteration_status = 'stopped' and timed.winner_id is not null
                then 'decided'
            else timed.iteration_status
        end as status,
        timed.maintainer_id as owner,
        cast(null as varchar) as owner_email,
        coalesce(
            json_extract_string(timed.iteration, '$.hypothesis'), timed.description
        ) as hypothesis,
        arms.control,
        coalesce(arms.variants, '[]') as variants,
        coalesce(
            json_extract_string(timed.iteration, '$.primaryMetric.key'),
            json_extract_string(timed.iteration, '$.primaryMetric.name')
        ) as primary_metric,
        json_extract_string(timed.iteration, '$.randomizationUnit') as randomization_unit,
        timed.start_at,
        timed.end_at,
        case
            when timed.winner_id = arms.control_id then 'revert'
            when timed.winner_id is not null then 'ship'
        end as decision,
        -- LaunchDarkly tells no time of the decision
        cast(null as timestamp) as decided_at,
        json_extract_string(timed.iteration, '$.winningReason') as learning

    from timed
    left join arms
        on
            timed.project = arms.project
            and timed.tool_id = arms.tool_id
            and timed.iteration_id = arms.iteration_id

)

select * from entries
