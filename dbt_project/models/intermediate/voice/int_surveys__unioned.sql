-- grain: one row per response of any survey tool
with

delighted as (

    select * from {{ ref('stg_delighted__responses') }}

),

typeform as (

    select * from {{ ref('stg_typeform__responses') }}

),

surveymonkey as (

    select * from {{ ref('stg_surveymonkey__responses') }}

),

qualtrics as (

    select * from {{ ref('stg_qualtrics__responses') }}

),

unioned as (

    select * from delighted
    union all by name
    select * from typeform
    union all by name
    select * from surveymonkey
    union all by name
    select * from qualtrics

)

select
    response_id,
    source,
    project,
    survey_type,
    wave,
    respondent_id,
    score,
    comment,
    properties,
    tags,
    responded_at,
    recorded_at

from unioned
