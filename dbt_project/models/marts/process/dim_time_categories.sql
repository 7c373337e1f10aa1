-- grain: one row per category of time with a rule
with

rules as (

    select
        category,
        category_position
    from {{ ref('stg_company__time_rules') }}

)

select
    category,
    min(category_position) as position,
    count(*) as rules

from rules
group by all
