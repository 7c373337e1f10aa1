-- grain: one row per Typeform response, as last exported
with

source as (

    {{ live_rows('typeform', 'responses', received='answered_at') }}

),

renamed as (

    select
        -- ids
        response_id,
        'typeform' as source,
        _project as project,
        user_id as respondent_id,

        -- attributes
        case when score_from is not null then 'nps' else 'other' end as survey_type,
        wave,
        comment,
        cast(
            json_merge_patch(
                coalesce(hidden, '{}'),
                json_object('form_id', form_id, 'response_type', response_type)
            ) as varchar
        ) as properties,
        '[]' as tags,
        coalesce(answers, '[]') as answers,

        -- measures
        score,

        -- time
        answered_at as responded_at,
        answered_at as recorded_at

    from source

)

select * from renamed
