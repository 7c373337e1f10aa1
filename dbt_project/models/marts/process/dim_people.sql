-- grain: one row per person of the roster
-- people.yml wins over an export, whose job titles become roles by the settings.
with

declared as (

    select
        person_id,
        name,
        email,
        role,
        area,
        start_on,
        end_on,
        0 as preference
    from {{ ref('stg_company__people') }}

),

settings as (

    select
        list_transform(json_extract_string(pm_titles, '$[*]'), lambda title: lower(trim(title)))
            as pm_titles
    from {{ ref('dim_settings') }}

),

exported as (

    select
        people.person_id,
        people.name,
        people.email,
        case
            when list_contains(settings.pm_titles, lower(trim(people.role))) then 'pm' else
                people.role
        end as role,
        people.area,
        people.start_on,
        people.end_on,
        1 as preference

    from {{ ref('stg_people__people') }} as people
    cross join settings

),

people as (

    select * from declared
    union all by name
    select * from exported

)

select
    person_id,
    name,
    lower(trim(role)) as role,
    area,
    start_on,
    end_on,
    lower(trim(email)) as email

from people
qualify row_number() over (partition by person_id order by preference, start_on, end_on, name) = 1
