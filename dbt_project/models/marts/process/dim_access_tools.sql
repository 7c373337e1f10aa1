-- grain: one row per BI tool whose views data_access.yml maps to standard questions
-- From when to when its log of queries tells anything. A tool that is mapped and of which nothing
-- was delivered hides views; it is not a tool that nobody opens.
with

mapped as (

    select source
    from {{ ref('stg_company__data_answers') }}
    where question is not null
    group by all

),

records as (

    {% for source, model, at in [
        ('metabase', 'stg_metabase__query_execution', 'started_at'),
        ('looker', 'stg_looker__history', 'started_at'), ('mode', 'stg_mode__events', 'occurred_at')
    ] -%}
        select
            '{{ source }}' as source,
            min({{ at }}) as first_at,
            max({{ at }}) as last_at
        from {{ ref(model) }}
        {{ 'union all' if not loop.last }}

    {% endfor %}

)

select
    mapped.source,
    records.first_at,
    records.last_at

from mapped
left join records
    on mapped.source = records.source
