-- grain: one row per Mixpanel id and the id it resolves to
with

source as (

    {{ live_rows('mixpanel', 'identity_mappings', received='cast(null as timestamp)') }}

),

renamed as (

    select
        distinct_id,
        resolved_distinct_id,
        'mixpanel' as source,
        _project as project

    from source

)

select * from renamed
