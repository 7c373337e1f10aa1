-- grain: one row per survey of Delighted that came back
with

source as (

    {{ live_rows('delighted', 'bounces') }}

),

renamed as (

    select
        -- ids
        person_id,
        'delighted' as source,
        _project as project,

        -- time
        bounced_at

    from source

)

select * from renamed
