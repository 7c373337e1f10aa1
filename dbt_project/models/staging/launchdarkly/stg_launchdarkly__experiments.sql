-- grain: one row per LaunchDarkly experiment, as last changed
with

source as (

    {{ live_rows('launchdarkly', 'experiments', received='changed_at') }}

),

renamed as (

    select
        experiment_id as tool_id,
        key,
        'launchdarkly' as source,
        _project as project,
        environment_key,
        name,
        description,
        maintainer_id,
        coalesce(current_iteration, '{}') as current_iteration,
        coalesce(previous_iterations, '[]') as previous_iterations,
        coalesce(draft_iteration, '{}') as draft_iteration,
        created_at,
        archived_at,
        changed_at

    from source

)

select * from renamed
