-- grain: one row per Optimizely experiment, in the registry's words
-- Optimizely tells no decision, and no list of its fields is published: what is missing stays
-- empty.
with

experiments as (

    select * from {{ ref('stg_optimizely__experiments') }}

),

positions as (

    select
        project,
        tool_id,
        variations,
        unnest(range(cast(json_array_length(variations) as bigint))) as position
    from experiments

),

variation_rows as (

    select
        project,
        tool_id,
        position,
        json_extract(variations, '$[' || position || ']') as variation
    from positions

),

arms as (

    select
        project,
        tool_id,
        to_json(list(
            {
                'key': coalesce(
                    json_extract_string(variation, '$.key'),
                    json_extract_string(variation, '$.name'),
                    json_extract_string(variation, '$.variation_id')
                ),
                'weight': try_cast(json_extract_string(variation, '$.weight') as double) / 10000
            }
            order by position
        )) as variants

    from variation_rows
    group by all

),

entries as (

    select
        experiments.source,
        experiments.project,
        experiments.tool_id,
        coalesce(experiments.key, experiments.tool_id) as exposure_key,
        [experiments.tool_id] as other_keys,
        experiments.name,
        case
            when experiments.status = 'not_started' then 'draft'
            when experiments.status in ('paused', 'campaign_paused') then 'running'
            when experiments.status = 'archived' and experiments.earliest_at is not null
                then 'stopped'
            when experiments.status = 'archived' then 'abandoned'
            else experiments.status
        end as status,
        cast(null as varchar) as owner,
        cast(null as varchar) as owner_email,
        experiments.description as hypothesis,
        cast(null as varchar) as control,
        coalesce(arms.variants, '[]') as variants,
        json_extract_string(experiments.metrics, '$[0].event_id') as primary_metric,
        cast(null as varchar) as randomization_unit,
        experiments.earliest_at as start_at,
        case when experiments.status = 'archived' then experiments.latest_at end as end_at,
        cast(null as varchar) as decision,
        cast(null as timestamp) as decided_at,
        cast(null as varchar) as learning

    from experiments
    left join arms
        on
            experiments.project = arms.project
            and experiments.tool_id = arms.tool_id

)

select * from entries
