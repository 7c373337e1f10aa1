-- grain: one row per survey response
with

responses as (

    select * from {{ ref('int_surveys__unioned') }}

),

settings as (

    select timezone from {{ ref('dim_settings') }}

),

localised as (

    select
        -- ids
        responses.response_id,
        responses.source,
        responses.project,
        responses.respondent_id,

        -- attributes
        responses.survey_type,
        responses.wave,
        -- employees' NPS is asked of other people and is no NPS of the product
        responses.survey_type = 'nps' as is_nps,
        responses.properties,
        {{ redacted('responses.comment') }} as comment_redacted,

        -- measures
        responses.score,

        -- time
        responses.responded_at,
        cast({{ local_time('responses.responded_at', 'settings.timezone') }} as date) as local_date

    from responses
    cross join settings

)

select
    response_id,
    source,
    project,
    survey_type,
    wave,
    respondent_id,
    score,
    is_nps,
    responded_at,
    local_date,
    properties,
    comment_redacted

from localised
