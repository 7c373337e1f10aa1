-- grain: one row per feature
with

features as (

    select * from {{ ref('stg_company__features') }}

)

select * from features
