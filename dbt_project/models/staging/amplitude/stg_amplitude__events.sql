-- grain: one row per Amplitude event
with

records as (

    select * from {{ ref('stg_amplitude__event_records') }}

),

events as (

    select * exclude (is_repeat, payload_hash, second_identity, second_at)
    from records
    where not is_repeat

)

select * from events
