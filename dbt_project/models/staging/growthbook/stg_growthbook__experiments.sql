-- grain: one row per GrowthBook experiment, as last changed
with

source as (

    {{ live_rows('growthbook', 'experiments', received='updated_at') }}

),

renamed as (

    select
        experiment_id as tool_id,
        tracking_key,
        'growthbook' as source,
        _project as project,
        name,
        type,
        status,
        coalesce(is_archived, false) as is_archived,
        hypothesis,
        owner,
        owner_email,
        hash_attribute as randomization_unit,
        coalesce(variations, '[]') as variations,
        coalesce(phases, '[]') as phases,
        coalesce(settings, '{}') as settings,
        result_status,
        winner_id,
        conclusions,
        released_variation_id,
        coalesce(linked_features, '[]') as linked_features,
        created_at,
        updated_at

    from source

)

select * from renamed
