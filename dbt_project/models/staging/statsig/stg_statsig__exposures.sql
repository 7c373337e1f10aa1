-- grain: one row per first exposure of a unit that Statsig reports
with

source as (

    {{ live_rows('statsig', 'exposures', received='exposed_at') }}

),

renamed as (

    select
        experiment_id,
        'statsig' as source,
        _project as project,
        unit_id,
        unit_type,
        user_id,
        stable_id,
        variant,
        variant_id,
        coalesce(exposure_type, 'get_experiment') as exposure_type,
        rule,
        rollout,
        exposed_at

    from source

)

select * from renamed
