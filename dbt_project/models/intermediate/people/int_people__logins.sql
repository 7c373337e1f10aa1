-- grain: one row per way in which a tool names a person
-- By id, by address, or by a name that only one person has.
with

people as (

    select
        person_id,
        email,
        lower(trim(name)) as person_name
    from {{ ref('int_people__roster') }}

)

select
    'id' as kind,
    person_id as login,
    person_id

from people

union all

select
    'email' as kind,
    email as login,
    min(person_id) as person_id

from people
where email is not null
group by email

union all

select
    'name' as kind,
    person_name as login,
    min(person_id) as person_id

from people
where person_name is not null
group by person_name
having count(*) = 1
