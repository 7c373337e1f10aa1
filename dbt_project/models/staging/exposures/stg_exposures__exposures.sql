-- grain: one row per exposure record
with

source as (

    {{ live_rows('exposures', 'exposures', received='exposed_at') }}

),

renamed as (

    select
        experiment_id,
        'exposures' as source,
        _project as project,
        user_id as unit_id,
        variant,
        coalesce(properties, '{}') as properties,
        exposed_at

    from source

)

select * from renamed
