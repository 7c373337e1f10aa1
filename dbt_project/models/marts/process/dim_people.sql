-- grain: one row per person of the roster
with

roster as (

    select * from {{ ref('int_people__roster') }}

)

select
    person_id,
    name,
    role,
    area,
    start_on,
    end_on,
    email

from roster
