-- grain: one row per tool, person and day of the reporting zone with a use
with

uses as (

    select * from {{ ref('int_tools__uses') }}

),

people as (

    select
        person_id,
        email,
        lower(trim(name)) as person_name
    from {{ ref('dim_people') }}

),

-- a name counts where only one person has it
logins as (

    select
        person_id,
        email,
        cast(null as varchar) as person_name
    from people
    where email is not null

    union all by name

    select
        min(person_id) as person_id,
        person_name
    from people
    where person_name is not null
    group by all
    having count(*) = 1

),

settings as (

    select timezone from {{ ref('dim_settings') }}

)

select
    uses.tool,
    logins.person_id,
    coalesce(
        uses.used_on, cast({{ local_time('uses.used_at', 'settings.timezone') }} as date)
    ) as local_date

from uses
cross join settings
inner join logins
    on coalesce(uses.email = logins.email, uses.person_name = logins.person_name)
group by all
