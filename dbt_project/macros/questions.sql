{# Whether a person was waiting for the answer: on a page, in a terminal, in a BI tool, or with a ticket. #}
{% macro is_interactive(channel) -%}
    {{ channel }} in ('page', 'terminal', 'metabase', 'looker', 'mode', 'ticket')
{%- endmacro %}

{# Inside the walk over asks: whether the next ask belongs to the running episode. #}
{% macro continues_episode() -%}
    (
        len(list_filter(walk.history, lambda item: coalesce(item.confirmed_at <= asks.asked_at, false))) = 0
        and asks.asked_at <= interval 24 hour + coalesce(
            list_max(list_transform(walk.history, lambda item: case when item.answered_at <= asks.asked_at then item.answered_at end)),
            walk.last_ask_at
        )
    )
{%- endmacro %}

{#
    Episodes from a relation of asks whose instants have been cut at the as-of instant. Answered: a confirmed answer, else
    the complete answer of the last ask (an ask after an answer continues the episode, so only the last one can stand).
#}
{% macro question_episodes(asks) -%}
    select
        episode_id,
        min(person_id) as person_id,
        min(role) as role,
        min(question) as question,
        min(asked_at) as asked_at,
        coalesce(min(confirmed_answer_at), {{ standing_answer() }}) as answered_at,
        case
            when min(confirmed_answer_at) is not null then 'confirmed'
            when {{ standing_answer() }} is not null then 'inferred'
        end as evidence,
        count(*) as asks,
        bool_or(channel = 'ticket') as has_ticket,

    from {{ asks }}
    group by episode_id
{%- endmacro %}

{# Wrapped in a struct because max_by passes over a null, and the last ask may well have no answer. #}
{% macro standing_answer() -%}
    max_by({'answered_at': case when complete then answered_at end}, {'asked_at': asked_at, 'ask_id': ask_id}).answered_at
{%- endmacro %}
