-- grain: one row per GrowthBook result of a phase
with

source as (

    {{ live_rows('growthbook', 'results', received='end_at') }}

),

renamed as (

    select
        result_id,
        experiment_id as tool_id,
        'growthbook' as source,
        _project as project,
        phase,
        dimension,
        coalesce(results, '[]') as results,
        start_at,
        end_at

    from source

)

select * from renamed
