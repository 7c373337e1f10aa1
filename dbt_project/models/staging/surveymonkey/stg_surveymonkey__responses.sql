-- grain: one row per SurveyMonkey response, as last exported
with

source as (

    {{ live_rows('surveymonkey', 'responses', received='answered_at') }}

),

renamed as (

    select
        -- ids
        response_id,
        'surveymonkey' as source,
        _project as project,
        coalesce(user_id, email) as respondent_id,

        -- attributes
        case when score_from is not null then 'nps' else 'other' end as survey_type,
        wave,
        comment,
        cast(
            json_merge_patch(
                coalesce(custom_data, '{}'),
                json_object('survey', survey, 'collector_id', collector_id)
            ) as varchar
        ) as properties,
        '[]' as tags,
        coalesce(answers, '{}') as answers,

        -- measures
        score,

        -- time
        answered_at as responded_at,
        answered_at as recorded_at

    from source

)

select * from renamed
