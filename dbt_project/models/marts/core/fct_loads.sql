-- grain: one row per load
with

loads as (

    select * from {{ ref('stg_ingestion__loads') }}

)

select * from loads
