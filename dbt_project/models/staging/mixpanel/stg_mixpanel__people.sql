-- grain: one row per Mixpanel profile, as last delivered
with

source as (

    {{ live_rows('mixpanel', 'people', received='updated_at') }}

),

renamed as (

    select
        distinct_id,
        'mixpanel' as source,
        _project as project,
        coalesce(properties, '{}') as properties,
        created_at,
        updated_at

    from source

)

select * from renamed
