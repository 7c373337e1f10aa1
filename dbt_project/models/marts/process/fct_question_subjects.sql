-- grain: one row per ask and thing that it named
with

asks as (

    select
        project,
        ask_id,
        unnest(coalesce(json_extract_string(cast(about as json), '$[*]'), [])) as subject

    from {{ ref('int_questions__asks') }}
    where about is not null

),

known as (

    select
        project,
        ask_id,
        person_id,
        role,
        question,
        is_interactive,
        asked_at
    from {{ ref('fct_question_asks') }}

)

select
    asks.project,
    asks.ask_id,
    split_part(asks.subject, ':', 1) as kind,
    substr(asks.subject, strpos(asks.subject, ':') + 1) as name,
    known.person_id,
    known.role,
    known.question,
    known.is_interactive,
    known.asked_at

from asks
inner join known
    on asks.project = known.project and asks.ask_id = known.ask_id
where strpos(asks.subject, ':') > 1
group by all
