-- grain: one row per Metabase user, as last exported
with

source as (

    {{ live_rows('metabase', 'core_user', received='updated_at') }}

),

renamed as (

    select
        user_id,
        'metabase' as source,
        _project as project,
        lower(trim(email)) as email,
        email as email_as_delivered,
        coalesce(is_active, true) as is_active,
        coalesce(is_superuser, false) as is_superuser,
        joined_at,
        last_login_at,
        updated_at

    from source

)

select * from renamed
