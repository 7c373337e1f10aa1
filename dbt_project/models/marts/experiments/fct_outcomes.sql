-- grain: one row per outcome record and metric
with

records as (

    select * from {{ ref('stg_outcomes__outcomes') }}

),

exploded as (

    select
        records.record_id,
        records.experiment_id,
        records.project,
        records.unit_id,
        unnest(json_keys(records.metrics)) as metric,
        records.metrics,
        records.occurred_at

    from records

),

valued as (

    select
        record_id || '|' || metric as outcome_id,
        experiment_id,
        project,
        unit_id,
        metric,
        try_cast(cast(cast(metrics as json) as map (varchar, json))[metric] ->> '$' as double)
            as value,
        occurred_at

    from exploded

)

-- a blank cell is no outcome
select *
from valued
where value is not null
