-- grain: one row per change of a Canny post's state
with

source as (

    {{ live_rows('canny', 'status_changes', received='created_at') }}

),

renamed as (

    select
        status_change_id,
        'canny' as source,
        _project as project,
        post_id,
        changer_id,
        changer_email,
        status,
        comment,
        created_at as changed_at,
        created_at as recorded_at

    from source

)

select * from renamed
