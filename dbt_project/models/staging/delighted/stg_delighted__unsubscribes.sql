-- grain: one row per time that a person left the surveys of Delighted
with

source as (

    {{ live_rows('delighted', 'unsubscribes') }}

),

renamed as (

    select
        -- ids
        person_id,
        'delighted' as source,
        _project as project,

        -- time
        unsubscribed_at

    from source

)

select * from renamed
