{#
    From `known` (source, project, a key column, user_id, occurred_at: events with a known user) to `spans`: per key the
    user at each instant. The first user also owns what came before: an anonymous event goes to the last known user at or
    before it, else to the first after it. Keys with one user, nearly all, need no window function.
#}
{% macro user_spans(key) %}
users_of_key as (

    select
        source,
        project,
        {{ key }},
        min(user_id) as user_id,
        min(user_id) != max(user_id) as is_shared,

    from known
    group by all

),

instants as (

    select
        known.source,
        known.project,
        known.{{ key }},
        known.occurred_at,
        max(known.user_id) as user_id,

    from known
    semi join (select * from users_of_key where is_shared) as shared_keys
        on known.source = shared_keys.source
        and known.project = shared_keys.project
        and known.{{ key }} = shared_keys.{{ key }}
    group by all

),

changes as (

    select *
    from instants
    qualify user_id is distinct from lag(user_id) over (partition by source, project, {{ key }} order by occurred_at)

),

spans as (

    select
        source,
        project,
        {{ key }},
        user_id,
        timestamp '0001-01-01' as from_at,
        timestamp '9999-12-31' as to_at,
        false as is_shared,

    from users_of_key
    where not is_shared

    union all

    select
        source,
        project,
        {{ key }},
        user_id,
        case when lag(occurred_at) over by_key is null then timestamp '0001-01-01' else occurred_at end as from_at,
        coalesce(lead(occurred_at) over by_key, timestamp '9999-12-31') as to_at,
        true as is_shared,

    from changes
    window by_key as (partition by source, project, {{ key }} order by occurred_at)

)
{% endmacro %}
