-- grain: one row per ticket that asks for data
with

tickets as (

    select * from {{ ref('int_questions__tickets') }}

),

logins as (

    select
        kind,
        login,
        person_id
    from {{ ref('int_people__logins') }}

),

people as (

    select
        person_id,
        role
    from {{ ref('dim_people') }}

),

known as (

    select
        tickets.*,
        coalesce(addressed.person_id, named.person_id) as person_id

    from tickets
    left join logins as addressed
        on addressed.kind = 'email' and tickets.email = addressed.login
    left join logins as named
        on named.kind = 'name' and tickets.person_name = named.login

)

select
    known.source,
    known.project,
    known.ticket_id,
    known.person_id,
    people.role,
    known.question,
    known.created_at,
    known.resolved_at

from known
left join people
    on known.person_id = people.person_id
