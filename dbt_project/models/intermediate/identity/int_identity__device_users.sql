-- grain: one row per device and span of time in which it belongs to one known user
with

known as (

    select
        source,
        project,
        device_id,
        user_id,
        occurred_at
    from {{ ref('int_identity__known_events') }}
    where device_id is not null

),

{{ user_spans('device_id') }}

select * from spans
