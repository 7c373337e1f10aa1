-- grain: one row per Canny comment, as last pulled
with

source as (

    {{ live_rows('canny', 'comments', received='created_at') }}

),

renamed as (

    select
        comment_id,
        'canny' as source,
        _project as project,
        post_id,
        board_id,
        parent_id,
        author_id,
        author_user_id,
        author_email,
        value as comment,
        coalesce(is_author_admin, false) as is_author_admin,
        coalesce(is_internal, false) as is_internal,
        coalesce(is_private, false) as is_private,
        like_count,
        created_at,
        created_at as recorded_at

    from source

)

select * from renamed
