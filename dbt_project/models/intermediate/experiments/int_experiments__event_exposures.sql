-- grain: one row per exposure that a product analytics tool wrote as an event
-- A null variant means that the unit left the experiment: no exposure.
with

-- Mixpanel lets each project name the two properties; `columns` of its settings says how
property_of as (

    select
        project,
        max(header) filter (where name = 'experiment') as experiment,
        max(header) filter (where name = 'variant') as variant
    from {{ ref('stg_company__source_columns') }}
    where source = 'mixpanel'
    group by all

),

exposure_events as (

    select
        events.source,
        events.project,
        events.source_event_name,
        coalesce(events.user_id, events.device_id) as unit_id,
        events.properties,
        '$."' || coalesce(property_of.experiment, 'Experiment name') || '"' as experiment_path,
        '$."' || coalesce(property_of.variant, 'Variant name') || '"' as variant_path,
        events.occurred_at

    from {{ ref('int_events__unioned') }} as events
    left join property_of
        on events.project = property_of.project
    where
        events.source_event_name in (
            '[Experiment] Exposure', '$exposure', '$experiment_started', '$feature_flag_called'
        )

),

named as (

    select
        source,
        project,
        unit_id,
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
            when '$experiment_started' then json_extract_string(properties, experiment_path)
            else json_extract_string(properties, '$."$feature_flag"')
        end as key,
        case source_event_name
            when
                '[Experiment] Exposure'
                then json_extract_string(properties, '$."[Experiment] Variant"')
            when '$exposure' then json_extract_string(properties, '$.variant')
            when '$experiment_started' then json_extract_string(properties, variant_path)
            else json_extract_string(properties, '$."$feature_flag_response"')
        end as variant,
        occurred_at

    from exposure_events

),

-- Mixpanel may tell several experiments in one event: as a list of `key:variant` ...
several as (

    select *
    from exposure_events
    where
        source_event_name = '$experiment_started'
        and json_extract_string(properties, experiment_path) is null

),

listed as (

    select
        source,
        project,
        unit_id,
        unnest(json_extract_string(properties, '$.Experiments[*]')) as pair,
        occurred_at
    from several

),

-- ... or as a property of each experiment's key, which only a known key can tell from any other
known_keys as (

    select experiment_id as key
    from {{ ref('int_experiments__registered') }}
    union
    select key
    from {{ ref('int_experiments__keys') }}

),

property_names as (

    select
        source,
        project,
        unit_id,
        properties,
        unnest(json_keys(properties)) as key,
        occurred_at
    from several
    where json_extract(properties, '$.Experiments') is null

),

told as (

    select * from named

    union all

    select
        source,
        project,
        unit_id,
        regexp_extract(pair, '^(.+):([^:]+)$', 1) as key,
        regexp_extract(pair, '^(.+):([^:]+)$', 2) as variant,
        occurred_at
    from listed

    union all

    select
        property_names.source,
        property_names.project,
        property_names.unit_id,
        property_names.key,
        json_extract_string(
            cast(cast(property_names.properties as json) as map (varchar, json))[
                property_names.key
            ],
            '$'
        ) as variant,
        property_names.occurred_at
    from property_names
    semi join known_keys
        on property_names.key = known_keys.key

),

-- a PostHog flag with named variants answers `false` to whom it leaves out
flags_with_variants as (

    select
        project,
        key
    from named
    where source = 'posthog' and variant not in ('true', 'false', '')
    union
    select
        project,
        feature_flag_key as key
    from {{ ref('stg_posthog__experiments') }}
    where not is_deleted

),

exposures as (

    select
        told.source,
        told.project,
        told.key,
        told.unit_id,
        told.variant,
        told.occurred_at as exposed_at

    from told
    left join flags_with_variants
        on
            told.source = 'posthog'
            and told.project = flags_with_variants.project
            and told.key = flags_with_variants.key
    where
        nullif(told.key, '') is not null
        and told.unit_id is not null
        and nullif(told.variant, '') is not null
        and not (flags_with_variants.key is not null and told.variant = 'false')

)

select
    source,
    project,
    key as experiment_id,
    unit_id,
    variant,
    exposed_at

from exposures
group by all
