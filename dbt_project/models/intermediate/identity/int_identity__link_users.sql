-- grain: one row per vendor's person id (merged ids under their last one) and span of time with
-- one known user
with

known as (

    select
        source,
        project,
        link_id,
        user_id,
        occurred_at
    from {{ ref('int_identity__known_events') }}
    where link_id is not null

),

{{ user_spans('link_id') }}

select * from spans
