-- grain: one row per experiment, project, unit, variant and instant
with

from_files as (

    select
        experiment_id as key,
        project,
        unit_id,
        variant,
        exposed_at
    from {{ ref('stg_exposures__exposures') }}

),

from_events as (

    select
        experiment_id as key,
        project,
        unit_id,
        variant,
        exposed_at
    from {{ ref('int_experiments__event_exposures') }}

),

-- the report tells of gates as well, which are no experiments
from_statsig as (

    select
        experiment_id as key,
        project,
        unit_id,
        variant,
        exposed_at
    from {{ ref('stg_statsig__exposures') }}
    where exposure_type = 'get_experiment'

),

exposures as (

    select * from from_files
    union
    select * from from_events
    union
    select * from from_statsig

),

keys as (

    select * from {{ ref('int_experiments__keys') }}

)

select
    coalesce(keys.experiment_id, exposures.key) as experiment_id,
    exposures.project,
    exposures.unit_id,
    exposures.variant,
    exposures.exposed_at

from exposures
left join keys
    on
        exposures.key = keys.key
        and exposures.exposed_at >= keys.from_at
        and exposures.exposed_at < keys.to_at
group by all
