-- grain: one row per Canny user, as last pulled
with

source as (

    {{ live_rows('canny', 'users', received='last_activity_at') }}

),

renamed as (

    select
        user_id,
        'canny' as source,
        _project as project,
        external_id,
        lower(trim(email)) as email,
        coalesce(is_admin, false) as is_admin,
        coalesce(companies, '[]') as companies,
        last_activity_at,
        created_at

    from source

)

select * from renamed
