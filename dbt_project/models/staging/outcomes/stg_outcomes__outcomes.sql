-- grain: one row per outcome record
with

source as (

    {{ live_rows('outcomes', 'outcomes', received='cast(null as timestamp)') }}

),

renamed as (

    select
        _identity as record_id,
        experiment_id,
        'outcomes' as source,
        _project as project,
        user_id as unit_id,
        metrics,
        "at" as occurred_at  -- noqa: RF06

    from source

)

select * from renamed
