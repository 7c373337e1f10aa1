-- grain: one row per person of the roster
-- people.yml wins over a list, a list over the roster of the HR system, whose last stay counts;
-- job titles become roles by the settings.
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
    from {{ ref('stg_company__settings') }}

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

hr_people as (

    select
        employees.employee_id as person_id,
        employees.name,
        employees.email,
        case
            when list_contains(settings.pm_titles, lower(trim(employees.job_title))) then 'pm' else
                employees.job_title
        end as role,
        employees.area,
        coalesce(employees.role_start_on, employees.hired_on) as start_on,
        employees.left_on as end_on,
        2 as preference

    from {{ ref('stg_bamboohr__employees') }} as employees
    cross join settings
    qualify row_number() over (
        partition by employees.employee_id
        order by employees.hired_on desc nulls last, employees.project asc
    ) = 1

),

-- The HR system has numbers of its own: who is listed by address already is not another person.
unlisted_hr_people as (

    select hr_people.*
    from hr_people
    where not exists (
        select 1
        from (
            select email from declared
            union all
            select email from exported
        ) as listed
        where lower(trim(listed.email)) = hr_people.email
    )

),

people as (

    select * from declared
    union all by name
    select * from exported
    union all by name
    select * from unlisted_hr_people

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
