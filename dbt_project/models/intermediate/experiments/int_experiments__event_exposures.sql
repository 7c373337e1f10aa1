-- grain: one row per exposure that a product analytics tool wrote as an event
-- A null variant means that the unit left the experiment: no exposure.
with

exposure_events as (

    select
        source,
        project,
        source_event_name,
        user_id,
        device_id,
        properties,
        occurred_at
    from {{ ref('int_events__unioned') }}
    where
        source_event_name in (
            '[Experiment] Exposure', '$exposure', '$experiment_started', '$feature_flag_called'
        )

),

unpacked as (

    select
        source,
        project,
        coalesce(user_id, device_id) as unit_id,
        case source_event_name
            when '[Experiment] Exposure'
                then
                    coalesce(
                        json_extract_string(properties, '$."[Experiment] Experiment Key"'),
                        json_extract_string(properties, '$."[Experiment] Flag Key"')
                    )
            when '$exposure'
                then
                    coalesce(
                        json_extract_string(properties, '$.experiment_key'),
                        json_extract_string(properties, '$.flag_key')
                    )
            when '$experiment_started' then json_extract_string(properties, '$."Experiment name"')
            else json_extract_string(properties, '$."$feature_flag"')
        end as experiment_id,
        case source_event_name
            when
                '[Experiment] Exposure'
                then json_extract_string(properties, '$."[Experiment] Variant"')
            when '$exposure' then json_extract_string(properties, '$.variant')
            when '$experiment_started' then json_extract_string(properties, '$."Variant name"')
            else json_extract_string(properties, '$."$feature_flag_response"')
        end as variant,
        occurred_at as exposed_at

    from exposure_events

)

select
    source,
    project,
    experiment_id,
    unit_id,
    variant,
    exposed_at

from unpacked
where experiment_id is not null and unit_id is not null and nullif(variant, '') is not null
group by all
