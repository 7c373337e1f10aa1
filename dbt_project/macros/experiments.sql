{#
    CTEs from the registry to `started`, for KPIs that have `instant`: without A/A tests, dry runs, logged results and
    duplicates; without those nobody was exposed to, where that is known. An experiment starts with its first real exposure,
    else on its registered day.
#}
{% macro started_experiments() %}
registry as (

    select
        experiments.project || '|' || experiments.experiment_id as experiment_key,
        experiments.project,
        experiments.experiment_id,
        experiments.area,
        experiments.owner,
        experiments.type,
        experiments.status,
        experiments.duplicate_of,
        experiments.start_date,
        experiments.end_date,
        cast(
            {{ local_time('experiments.hypothesis_written_at', 'instant.timezone') }} as date
        ) as written_on,

    from {{ ref('dim_experiments') }} as experiments
    cross join instant

),

roster as (

    select lower(trim(person_id)) as unit_id from {{ ref('dim_people') }}
    union
    select email as unit_id from {{ ref('dim_people') }}
    where email is not null

),

{# people of the company who look at their own test are no exposure #}
real_exposures as (

    select
        exposures.experiment_id,
        exposures.project,
        exposures.exposed_at
    from {{ ref('fct_exposures') }} as exposures
    anti join roster
        on lower(trim(exposures.unit_id)) = roster.unit_id
    where {{ seen_by_as_of('exposures.exposed_at') }}

),

{# flags that no registered experiment owns do not make an exposure source #}
exposure_source as (

    select count(*) > 0 as is_connected
    from {{ ref('fct_exposures') }} as exposures
    semi join registry
        on exposures.experiment_id = registry.experiment_id

),

ids as (

    select
        experiment_id,
        count(*) as projects
    from registry
    group by all

),

first_exposures as (

    select
        registry.experiment_key,
        min(real_exposures.exposed_at) as exposed_at

    from registry
    inner join ids
        on registry.experiment_id = ids.experiment_id
    inner join real_exposures
        on
            registry.experiment_id = real_exposures.experiment_id
            and (ids.projects = 1 or registry.project = real_exposures.project)
    group by all

),

started as (

    select
        registry.experiment_key,
        coalesce(
            {{ local_time('first_exposures.exposed_at', 'instant.timezone') }},
            cast(registry.start_date as timestamp)
        ) as started_local,

    from registry
    cross join instant
    cross join exposure_source
    left join first_exposures
        on registry.experiment_key = first_exposures.experiment_key
    where
        registry.type = 'ab'
        and registry.duplicate_of is null
        and (first_exposures.exposed_at is not null or not exposure_source.is_connected)
        and coalesce(
            {{ local_time('first_exposures.exposed_at', 'instant.timezone') }},
            cast(registry.start_date as timestamp)
        ) < instant.as_of_local

)
{% endmacro %}
