-- grain: one row per Jira issue, as last exported
with

source as (

    {{ live_rows('jira', 'issues', received='updated_at') }}

),

renamed as (

    select
        issue_id,
        'jira' as source,
        _project as project,
        issue_key,
        project_key,
        project_name,
        issue_type,
        summary,
        description,
        status,
        status_category,
        priority,
        resolution,
        assignee as assignee_name,
        assignee_id,
        lower(trim(assignee_email)) as assignee_email,
        reporter as reporter_name,
        reporter_id,
        lower(trim(reporter_email)) as reporter_email,
        creator_id,
        coalesce(labels, '[]') as labels,
        coalesce(components, '[]') as components,
        coalesce(fix_versions, '[]') as fix_versions,
        coalesce(sprints, '[]') as sprints,
        story_points,
        original_estimate_seconds,
        remaining_estimate_seconds,
        time_spent_seconds,
        parent_id,
        parent_key,
        changelog,
        changelog_is_complete,
        properties,
        created_at,
        updated_at,
        resolved_at,
        due_on,
        coalesce(updated_at, created_at) as recorded_at

    from source

)

select * from renamed
