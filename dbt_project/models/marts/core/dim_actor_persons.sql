-- grain: one row per actor, what its events say beside it, and span of time with one person
with

actor_persons as (

    select
        actor_id,
        trace,
        source,
        project,
        person_key,
        reason,
        from_at,
        to_at
    from {{ ref('int_identity__actor_persons') }}

)

select * from actor_persons
