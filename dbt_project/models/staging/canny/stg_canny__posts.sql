-- grain: one row per Canny post, as last pulled
with

source as (

    {{ live_rows('canny', 'posts', received='status_changed_at') }}

),

renamed as (

    select
        post_id,
        'canny' as source,
        _project as project,
        title,
        details,
        status,
        author_id,
        author_user_id,
        author_email,
        by_id,
        owner_id,
        lower(trim(owner_email)) as owner_email,
        board_id,
        board_name,
        category_id,
        category_name,
        coalesce(tags, '[]') as tags,
        coalesce(jira_issues, '[]') as jira_issues,
        coalesce(merged_post_ids, '[]') as merged_post_ids,
        url,
        score,
        comment_count,
        total_mrr,
        status_changed_at,
        created_at,
        greatest(status_changed_at, created_at) as recorded_at

    from source

)

select * from renamed
