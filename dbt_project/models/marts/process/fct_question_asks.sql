-- grain: one row per ask
with

asks as (

    select * from {{ ref('int_questions__asks') }}

),

episodes as (

    select
        project,
        ask_id,
        episode_id
    from {{ ref('int_questions__episodes') }}

),

people as (

    select
        person_id,
        email,
        role
    from {{ ref('dim_people') }}

),

-- the log names people by id or by address
known as (

    select
        person_id as who,
        person_id,
        role

    from people

    union

    select
        addressed.email as who,
        addressed.person_id,
        addressed.role

    from people as addressed
    anti join people as ids
        on addressed.email = ids.person_id
    where addressed.email is not null

)

select
    asks.project,
    asks.ask_id,
    coalesce(known.person_id, asks.who) as person_id,
    known.role,
    asks.question,
    asks.channel,
    asks.channel in ('page', 'terminal') as is_interactive,
    known.person_id is not null as is_known_person,
    asks.refines,
    episodes.episode_id,
    asks.complete,
    asks.asked_at,
    asks.answered_at,
    asks.confirmed_at,
    asks.confirmed_answer_at

from asks
left join episodes
    on asks.project = episodes.project and asks.ask_id = episodes.ask_id
left join known
    on asks.who = known.who
