-- grain: one row per Linear issue, as last exported; an issue that moved to another team is one
with

source as (

    {{ live_rows('linear', 'issues', received='updated_at') }}

),

renamed as (

    select
        issue_id,
        'linear' as source,
        _project as project,
        uuid,
        team,
        title,
        description,
        status,
        priority,
        estimate,
        project_id as linear_project_id,
        project as linear_project,
        lower(trim(creator)) as creator,
        lower(trim(assignee)) as assignee,
        coalesce(labels, '[]') as labels,
        cycle_number,
        cycle_name,
        parent_id,
        initiatives,
        milestone,
        changelog,
        coalesce(changelog_is_complete, false) as changelog_is_complete,
        properties,
        created_at,
        updated_at,
        started_at,
        triaged_at,
        completed_at,
        canceled_at,
        archived_at,
        due_on,
        coalesce(updated_at, created_at) as recorded_at

    from source

)

select *
from renamed
qualify row_number() over (
    partition by project, coalesce(uuid, issue_id)
    order by updated_at desc nulls last, issue_id asc
) = 1
