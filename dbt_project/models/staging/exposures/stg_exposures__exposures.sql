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
        exposed_at

    from source

)

select * from renamed
