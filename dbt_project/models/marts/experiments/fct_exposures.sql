-- grain: one row per experiment, project, unit, variant and instant
with

from_files as (

    select
        experiment_id,
        project,
        unit_id,
        variant,
        exposed_at
    from {{ ref('stg_exposures__exposures') }}

),

from_events as (

    select
        experiment_id,
        project,
        unit_id,
        variant,
        exposed_at
    from {{ ref('int_experiments__event_exposures') }}

),

exposures as (

    select * from from_files
    union
    select * from from_events

)

select * from exposures
