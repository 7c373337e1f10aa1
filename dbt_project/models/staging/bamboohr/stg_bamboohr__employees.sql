-- grain: one row per person and stay, as in the newest roster
with

source as (

    {{ live_rows('bamboohr', 'employees', received='exported_at') }}

),

renamed as (

    select
        employee_id,
        'bamboohr' as source,
        _project as project,
        stay,
        name,
        last_name,
        lower(trim(email)) as email,
        job_title,
        department,
        division,
        location,
        area,
        supervisor_name,
        hired_on,
        role_start_on,
        left_on,
        status

    from source

)

select * from renamed
