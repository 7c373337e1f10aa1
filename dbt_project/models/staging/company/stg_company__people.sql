-- grain: one row per person of people.yml
select
    person_id,
    name,
    email,
    role,
    area,
    start_date as start_on,
    end_date as end_on,
    github_login

from {{ source('company', 'people') }}
