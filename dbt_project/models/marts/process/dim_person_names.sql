-- grain: one row per name, in lower case, by which a tool may call one person of the roster
-- Ids, addresses, and names that only one person has.
with

people as (

    select
        person_id,
        email,
        name
    from {{ ref('dim_people') }}

),

names as (

    select
        lower(trim(person_id)) as written_name,
        person_id
    from people

    union

    select
        email as written_name,
        person_id
    from people

    union

    select
        lower(trim(name)) as written_name,
        person_id
    from people

)

select
    written_name,
    min(person_id) as person_id

from names
where written_name is not null and written_name != ''
group by written_name
having count(*) = 1
