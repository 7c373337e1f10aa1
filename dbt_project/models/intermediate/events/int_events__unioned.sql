-- grain: one row per event of any source
{{ config(materialized='view') }}

with

amplitude as (

    select * exclude (vendor_session_id) from {{ ref('stg_amplitude__events') }}

),

mixpanel as (

    select * from {{ ref('stg_mixpanel__events') }}

),

posthog as (

    select * exclude (payload_hash) from {{ ref('stg_posthog__events') }}

),

generic as (

    select * exclude (payload_hash) from {{ ref('stg_events__events') }}

),

unioned as (

    select * from amplitude
    union all by name
    select * from mixpanel
    union all by name
    select * from posthog
    union all by name
    select * from generic

)

select * from unioned
