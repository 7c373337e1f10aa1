-- grain: one row per episode of a known person's question, as all the data tells it
with

asks as (

    select *
    from {{ ref('fct_question_asks') }}
    where is_known_person and episode_id is not null

),

episodes as (

    {{ question_episodes('asks') }}

)

select * from episodes
