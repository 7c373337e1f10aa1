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
        role
    from {{ ref('dim_people') }}

)

select
    asks.project,
    asks.ask_id,
    asks.who as person_id,
    people.role,
    asks.question,
    asks.channel,
    {{ is_interactive('asks.channel') }} as is_interactive,
    people.person_id is not null as is_known_person,
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
left join people
    on asks.who = people.person_id
