-- grain: one row per Delighted response, as last exported
with

source as (

    {{ live_rows('delighted', 'responses', received='coalesce(updated_at, created_at)') }}

),

renamed as (

    select
        coalesce(response_id, _identity) as response_id,
        'delighted' as source,
        _project as project,
        coalesce(survey_type, 'nps') as survey_type,
        cast(null as varchar) as wave,
        person_id as respondent_id,
        score,
        comment,
        coalesce(properties, '{}') as properties,
        coalesce(tags, '[]') as tags,
        created_at as responded_at,
        coalesce(updated_at, created_at) as recorded_at

    from source

)

select * from renamed
