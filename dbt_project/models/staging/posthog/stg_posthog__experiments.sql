-- grain: one row per PostHog experiment that was not deleted, as last changed
with

source as (

    {{ live_rows('posthog', 'experiments', received='updated_at') }}

),

renamed as (

    select
        experiment_id as tool_id,
        feature_flag_key,
        'posthog' as source,
        _project as project,
        name,
        description,
        type,
        status,
        conclusion,
        conclusion_comment,
        coalesce(is_archived, false) as is_archived,
        coalesce(parameters, '{}') as parameters,
        coalesce(created_by, '{}') as created_by,
        coalesce(metrics, '[]') as metrics,
        coalesce(metrics_secondary, '[]') as metrics_secondary,
        start_at,
        end_at,
        created_at,
        updated_at

    from source
    where not coalesce(is_deleted, false)

)

select * from renamed
