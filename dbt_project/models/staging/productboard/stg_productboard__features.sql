-- grain: one row per item of the Productboard hierarchy, as last exported
with

source as (

    {{ live_rows('productboard', 'features', received='updated_at') }}

),

renamed as (

    select
        coalesce(feature_id, _identity) as feature_id,
        'productboard' as source,
        _project as project,
        parent_id,
        type,
        name,
        {{ plain_text('description') }} as description_text,
        status_id,
        status_name,
        owner_id,
        lower(trim(owner_email)) as owner_email,
        timeframe_granularity,
        coalesce(teams, '[]') as teams,
        coalesce(tags, '[]') as tags,
        coalesce(relationships, '[]') as relationships,
        coalesce(is_archived, false) as is_archived,
        url,
        progress,
        effort,
        timeframe_start as timeframe_start_on,
        timeframe_end as timeframe_end_on,
        created_at,
        updated_at,
        coalesce(updated_at, created_at) as recorded_at

    from source

)

select * from renamed
