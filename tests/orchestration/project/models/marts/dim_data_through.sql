select max(occurred_at) as data_through_at, count(distinct load_id) as built_from_loads from {{ ref('fct_events') }}
