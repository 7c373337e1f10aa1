-- grain: one row per version of a Jira project
with

source as (

    {{ live_rows('jira', 'versions') }}

),

renamed as (

    select
        version_id,
        'jira' as source,
        _project as project,
        name,
        description,
        project_id,
        project_key,
        coalesce(is_archived, false) as is_archived,
        coalesce(is_released, false) as is_released,
        coalesce(is_overdue, false) as is_overdue,
        start_on,
        release_on

    from source

)

select * from renamed
