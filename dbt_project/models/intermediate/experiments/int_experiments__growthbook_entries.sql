-- grain: one row per GrowthBook experiment, in the registry's words
-- Several phases are restarts of one experiment: it starts with the first and ends with the last.
with

experiments as (

    select *
    from {{ ref('stg_growthbook__experiments') }}
    -- a holdout measures all experiments together and is none itself
    where coalesce(type, 'standard') != 'holdout'

),

phase_rows as (

    select
        project,
        tool_id,
        unnest(json_extract(phases, '$[*]')) as phase
    from experiments

),

phase_dates as (

    select
        project,
        tool_id,
        {{ utc_text("min(nullif(json_extract_string(phase, '$.dateStarted'), ''))") }} as start_at,
        case
            when count(*) = count(nullif(json_extract_string(phase, '$.dateEnded'), ''))
                then {{ utc_text("max(json_extract_string(phase, '$.dateEnded'))") }}
        end as end_at

    from phase_rows
    group by all

),

weights as (

    select
        experiments.project,
        experiments.tool_id,
        json_extract_string(split, '$.variationId') as variation_id,
        try_cast(json_extract_string(split, '$.weight') as double) as weight

    from experiments
    cross join
        unnest(json_extract(experiments.phases, '$[#-1].trafficSplit[*]')) as splits (split)

),

positions as (

    select
        project,
        tool_id,
        variations,
        unnest(range(cast(json_array_length(variations) as bigint))) as position
    from experiments

),

variations as (

    select
        project,
        tool_id,
        position,
        json_extract_string(variations, '$[' || position || '].variationId') as variation_id,
        coalesce(
            json_extract_string(variations, '$[' || position || '].key'),
            cast(position as varchar)
        ) as key

    from positions

),

arms as (

    select
        variations.project,
        variations.tool_id,
        -- GrowthBook compares with the first variation
        arg_min(variations.key, variations.position) as control,
        to_json(list(
            { 'key': variations.key, 'weight': weights.weight } order by variations.position
        )) as variants

    from variations
    left join weights
        on
            variations.project = weights.project
            and variations.tool_id = weights.tool_id
            and variations.variation_id = weights.variation_id
    group by all

),

entries as (

    select
        experiments.source,
        experiments.project,
        experiments.tool_id,
        coalesce(experiments.tracking_key, experiments.tool_id) as exposure_key,
        -- exposures carry the tracking key; the id and the features are names of the same
        list_distinct(list_concat(
            [experiments.tool_id], json_extract_string(experiments.linked_features, '$[*]')
        )) as other_keys,
        experiments.name,
        case
            when experiments.status = 'stopped' and experiments.result_status = 'dnf'
                then 'abandoned'
            when experiments.status = 'stopped' and experiments.result_status is not null
                then 'decided'
            when experiments.status = 'draft' and experiments.is_archived then 'abandoned'
            else experiments.status
        end as status,
        cast(null as varchar) as owner,
        lower(coalesce(experiments.owner_email, experiments.owner)) as owner_email,
        experiments.hypothesis,
        arms.control,
        coalesce(arms.variants, '[]') as variants,
        json_extract_string(experiments.settings, '$.goals[0].metricId') as primary_metric,
        experiments.randomization_unit,
        phase_dates.start_at,
        case when experiments.status = 'stopped' then phase_dates.end_at end as end_at,
        case experiments.result_status
            when 'won' then 'ship'
            when 'lost' then 'revert'
            when 'inconclusive' then 'inconclusive'
            when 'dnf' then 'none'
        end as decision,
        -- GrowthBook tells no time of the decision
        cast(null as timestamp) as decided_at,
        experiments.conclusions as learning

    from experiments
    left join phase_dates
        on
            experiments.project = phase_dates.project
            and experiments.tool_id = phase_dates.tool_id
    left join arms
        on
            experiments.project = arms.project
            and experiments.tool_id = arms.tool_id

)

select * from entries
