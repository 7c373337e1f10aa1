-- grain: one row per Canny vote
with

source as (

    {{ live_rows('canny', 'votes', received='created_at') }}

),

renamed as (

    select
        vote_id,
        'canny' as source,
        _project as project,
        post_id,
        board_id,
        voter_id,
        voter_user_id,
        lower(trim(voter_email)) as voter_email,
        by_id,
        by_id is not null as is_on_behalf,
        priority,
        created_at,
        created_at as recorded_at

    from source

)

select * from renamed
