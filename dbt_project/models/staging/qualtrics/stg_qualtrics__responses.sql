-- grain: one row per Qualtrics response, as last exported
with

source as (

    {{ live_rows('qualtrics', 'responses', received='recorded_at') }}

),

renamed as (

    select
        -- ids
        response_id,
        'qualtrics' as source,
        _project as project,
        coalesce(user_id, email) as respondent_id,

        -- attributes
        case when score_from is not null then 'nps' else 'other' end as survey_type,
        wave,
        comment,
        cast(
            json_merge_patch(
                coalesce(embedded_data, '{}'),
                json_object(
                    'status', status, 'finished', is_finished, 'user_language', user_language,
                    'distribution_channel', distribution_channel
                )
            ) as varchar
        ) as properties,
        '[]' as tags,
        coalesce(answers, '[]') as answers,

        -- measures
        score,

        -- time
        answered_at as responded_at,
        coalesce(recorded_at, answered_at) as recorded_at

    from source

)

select * from renamed
