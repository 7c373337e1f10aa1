-- grain: one row per tool, person and day of the reporting zone with a use
with

uses as (

    select * from {{ ref('int_tools__uses') }}

),

people as (

    select
        person_id,
        email
    from {{ ref('dim_people') }}
    where email is not null

),

settings as (

    select timezone from {{ ref('dim_settings') }}

)

select
    uses.tool,
    people.person_id,
    coalesce(
        uses.used_on, cast({{ local_time('uses.used_at', 'settings.timezone') }} as date)
    ) as local_date

from uses
cross join settings
inner join people
    on uses.email = people.email
group by all
