-- grain: one row per PostHog experiment, in the registry's words
-- Words of status that are not the registry's, and records without one, are told by the dates.
with

experiments as (

    select *
    from {{ ref('stg_posthog__experiments') }}
    where not is_deleted

),

positions as (

    select
        project,
        tool_id,
        json_extract(parameters, '$.feature_flag_variants') as variants,
        unnest(
            range(cast(json_array_length(parameters, '$.feature_flag_variants') as bigint))
        ) as position
    from experiments

),

variant_rows as (

    select
        project,
        tool_id,
        position,
        json_extract_string(variants, '$[' || position || '].key') as key,
        try_cast(
            json_extract_string(variants, '$[' || position || '].rollout_percentage') as double
        ) as percentage

    from positions

),

arms as (

    select
        project,
        tool_id,
        -- PostHog calls the control so
        max(key) filter (where key = 'control') as control,
        to_json(list({ 'key': key, 'weight': percentage / 100 } order by position)) as variants

    from variant_rows
    group by all

),

entries as (

    select
        experiments.source,
        experiments.project,
        experiments.tool_id,
        experiments.feature_flag_key as exposure_key,
        cast([] as varchar[]) as other_keys,
        experiments.name,
        case
            when
                lower(experiments.status) in (
                    'draft', 'running', 'stopped', 'decided', 'abandoned'
                )
                then lower(experiments.status)
            when experiments.end_at is not null and experiments.conclusion is not null
                then 'decided'
            when experiments.end_at is not null then 'stopped'
            when experiments.start_at is not null then 'running'
            else 'draft'
        end as status,
        cast(null as varchar) as owner,
        lower(json_extract_string(experiments.created_by, '$.email')) as owner_email,
        experiments.description as hypothesis,
        arms.control,
        coalesce(arms.variants, '[]') as variants,
        coalesce(
            json_extract_string(experiments.metrics, '$[0].name'),
            json_extract_string(experiments.metrics, '$[0].source.event')
        ) as primary_metric,
        cast(null as varchar) as randomization_unit,
        experiments.start_at,
        experiments.end_at,
        experiments.conclusion as decision,
        -- PostHog tells no time of the decision
        cast(null as timestamp) as decided_at,
        experiments.conclusion_comment as learning

    from experiments
    left join arms
        on
            experiments.project = arms.project
            and experiments.tool_id = arms.tool_id

)

select * from entries
