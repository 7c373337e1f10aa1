-- grain: one row per PostHog experiment, as last changed; deleted ones are kept and marked
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
        coalesce(is_deleted, false) as is_deleted,
        coalesce(parameters, '{}') as parameters,
        coalesce(created_by, '{}') as created_by,
        coalesce(metrics, '[]') as metrics,
        coalesce(metrics_secondary, '[]') as metrics_secondary,
        start_at,
        end_at,
        created_at,
        updated_at

    from source

)

select * from renamed
