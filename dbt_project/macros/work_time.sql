{# Whether a text is what a rule looks for; both ignore case. #}
{% macro time_rule_fits(rules, texts) -%}
    case {{ rules }}.operator
        when 'contains' then contains({{ texts }}.written, lower({{ rules }}.looked_for))
        else {{ texts }}.written = lower(trim({{ rules }}.looked_for))
    end
{%- endmacro %}

{#
    CTE `segments` from a relation with `from_at` and `to_at`: the stretches between neighbouring beginnings and ends of the same
    `keys`, so that what lies in several of its rows at once can be counted once.
#}
{% macro time_segments(parts, keys) -%}
edges as (

    select
        {{ keys | join(', ') }},
        from_at as edge_at
    from {{ parts }}

    union

    select
        {{ keys | join(', ') }},
        to_at as edge_at
    from {{ parts }}

),

segments as (

    select
        {{ keys | join(', ') }},
        edge_at as from_at,
        lead(edge_at) over (partition by {{ keys | join(', ') }} order by edge_at) as to_at
    from edges

)
{%- endmacro %}
