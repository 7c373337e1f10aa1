-- grain: one row per key result and day on which it was read
with

source as (

    {{ live_rows('okr', 'key_results') }}

),

renamed as (

    select
        key_result_id,
        'okr' as source,
        _project as project,
        key_result,
        objective_id,
        objective,
        owner,
        area,
        unit,
        direction,
        baseline,
        target,
        current as current_value,
        (current - baseline) / nullif(target - baseline, 0) as progress,
        period_start as period_start_on,
        period_end as period_end_on,
        as_of as read_on,
        properties

    from source

)

select * from renamed
