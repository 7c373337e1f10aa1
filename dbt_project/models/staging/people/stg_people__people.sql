-- grain: one row per person and project of the roster exports in force
with

source as (

    {{ live_rows('people', 'people', received='cast(null as timestamp)') }}

),

renamed as (

    select
        person_id,
        name,
        email,
        role,
        area,
        start_date as start_on,
        end_date as end_on,
        github_login,
        _project as project,
        _load_id as load_id

    from source

)

select * from renamed
