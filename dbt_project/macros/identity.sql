{#
    From `edges` (left_node, right_node) to `components` (node, root): the least node that each node reaches, over any
    number of edges and in circles too. In a round a node, and the root above it, take the least root that its neighbours
    point to, so a chain of thousands ends in a dozen rounds; a round that moves nothing is the last.
#}
{% macro connected_components() %}
both_ways as (

    select
        left_node as node,
        right_node as neighbour
    from edges
    union
    select
        right_node as node,
        left_node as neighbour
    from edges

),

components as (

    with recursive rounds as (

        select
            0 as round,
            node,
            node as root,
            true as has_moved
        from both_ways
        group by node

        union all

        (
            with tops as (

                select
                    rounds.round,
                    rounds.node,
                    rounds.root,
                    above.root as top
                from rounds
                inner join rounds as above
                    on rounds.root = above.node
                where rounds.has_moved

            ),

            least_seen as (

                select
                    both_ways.node,
                    min(tops.top) as best
                from both_ways
                inner join tops
                    on both_ways.neighbour = tops.node
                group by both_ways.node

            ),

            least_of_root as (

                select
                    tops.root as node,
                    min(least_seen.best) as best
                from tops
                inner join least_seen
                    on tops.node = least_seen.node
                group by tops.root

            ),

            moved as (

                select
                    tops.round + 1 as round,
                    tops.node,
                    tops.root as root_before,
                    least(tops.top, least_seen.best, coalesce(least_of_root.best, tops.top)) as root
                from tops
                inner join least_seen
                    on tops.node = least_seen.node
                left join least_of_root
                    on tops.node = least_of_root.node

            )

            select
                round,
                node,
                root,
                bool_or(root != root_before) over () as has_moved
            from moved
        )

    )

    select
        node,
        root
    from rounds
    where round = (select max(round) from rounds)

)
{% endmacro %}

{# Names of nodes in the graph of ids. A user id is one person in the company, or in its project (identity.scope). #}
{% macro user_node(id, source, project) -%}
    case when settings.is_company_scope then 'u:' || {{ id }} else {{ source }} || '|' || {{ project }} || '|u:' || {{ id }} end
{%- endmacro %}

{# A device, a cookie or an anonymous id. #}
{% macro device_node(id, source, project) -%}
    {{ source }} || '|' || {{ project }} || '|d:' || {{ id }}
{%- endmacro %}

{# A vendor's own number of a person. #}
{% macro number_node(id, source, project) -%}
    {{ source }} || '|' || {{ project }} || '|a:' || {{ id }}
{%- endmacro %}

{# The actor of an event: the user id, else the device id, as delivered. Events without any id share one that is nobody. #}
{% macro actor_of_event() -%}
    source || '|' || project || case
        when user_id is not null then '|u:' || user_id
        when device_id is not null then '|d:' || device_id
        when link_id is not null then '|a:' || link_id
        else '|nobody'
    end
{%- endmacro %}

{# What else an anonymous event says about who did it, beside its actor. #}
{% macro anonymous_trace() -%}
    case when user_id is null then concat_ws('|', coalesce(link_id, ''), anonymous_id) else '' end
{%- endmacro %}
