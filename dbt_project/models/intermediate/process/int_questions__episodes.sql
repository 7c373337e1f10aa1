-- grain: one row per interactive ask of a known person, with the episode it belongs to
-- An episode has the name of its first ask, wherever the others were asked.
-- An ask within 24 hours of the episode's last answer (without one: of its last ask) continues
-- the episode, unless a
-- confirmation has closed it. Each step looks only at what came before the ask, so the episodes
-- are the same as of any
-- later instant.
with

asks as (

    select
        *,
        row_number() over (partition by who, question order by asked_at, ask_id) as ask_number

    from {{ ref('int_questions__asks') }}
    where {{ is_interactive('channel') }} and who != 'unknown' and question is not null

),

walked as (

    with recursive walk as (

        select
            who,
            question,
            ask_number,
            project,
            ask_id,
            project || '|' || ask_id as episode_id,
            asked_at as last_ask_at,
            asked_at,
            [{ 'answered_at': answered_at, 'confirmed_at': confirmed_at }] as history

        from asks
        where ask_number = 1

        union all

        select
            asks.who,
            asks.question,
            asks.ask_number,
            asks.project,
            asks.ask_id,
            case
                when {{ continues_episode() }} then walk.episode_id
                else asks.project || '|' || asks.ask_id
            end as episode_id,
            asks.asked_at as last_ask_at,
            asks.asked_at,
            case
                when {{ continues_episode() }}
                    then
                        list_append(
                            walk.history,
                            { 'answered_at': asks.answered_at, 'confirmed_at': asks.confirmed_at }
                        )
                else [{ 'answered_at': asks.answered_at, 'confirmed_at': asks.confirmed_at }]
            end as history

        from walk
        inner join asks
            on
                walk.who = asks.who
                and walk.question = asks.question
                and walk.ask_number + 1 = asks.ask_number

    )

    select
        who,
        question,
        project,
        ask_id,
        episode_id
    from walk

)

select
    project,
    ask_id,
    who,
    question,
    episode_id

from walked
