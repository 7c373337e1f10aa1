-- grain: one row per variant, period and period start
-- K2: experiments started, and how many of them stand on what was learnt before (K2b) or are
-- stood upon later (K2c).
{% set first_day %}
    select least(
        min(cast(experiments.start_date as timestamp)),
        min({{ local_time('exposures.exposed_at', 'settings.timezone') }})
    ) as first_day
    from {{ ref('dim_settings') }} as settings
    cross join {{ ref('dim_experiments') }} as experiments
    left join {{ ref('fct_exposures') }} as exposures
        on experiments.experiment_id = exposures.experiment_id
{% endset %}
with

{{ kpi_periods(first_day) }},

registry as (

    select
        experiments.project || '|' || experiments.experiment_id as experiment_key,
        experiments.project,
        experiments.experiment_id,
        experiments.area,
        experiments.type,
        experiments.status,
        experiments.duplicate_of,
        experiments.hypothesis,
        experiments.prior_experiments,
        experiments.start_date,
        experiments.end_date,
        cast(
            {{ local_time('experiments.hypothesis_written_at', 'instant.timezone') }} as date
        ) as written_on

    from {{ ref('dim_experiments') }} as experiments
    cross join instant

),

roster as (

    select person_id as unit_id from {{ ref('dim_people') }}
    union
    select email as unit_id from {{ ref('dim_people') }}
    where email is not null

),

-- people of the company who look at their own test are no exposure
real_exposures as (

    select
        exposures.experiment_id,
        exposures.project,
        exposures.exposed_at
    from {{ ref('fct_exposures') }} as exposures
    anti join roster
        on exposures.unit_id = roster.unit_id
    where {{ seen_by_as_of('exposures.exposed_at') }}

),

-- flags that no registered experiment owns do not make an exposure source
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

-- without A/A tests, dry runs, logged results and duplicates; without those nobody was exposed
-- to, where that is known
started as (

    select
        registry.experiment_key,
        coalesce(
            {{ local_time('first_exposures.exposed_at', 'instant.timezone') }},
            cast(registry.start_date as timestamp)
        ) as started_local

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

),

concluded as (

    select
        registry.experiment_key,
        registry.end_date
    from registry
    semi join started
        on registry.experiment_key = started.experiment_key
    cross join instant
    where
        lower(registry.status) in ('stopped', 'decided')
        and cast(registry.end_date as timestamp) < instant.as_of_local

),

prior_entries as (

    select
        experiment_key,
        project,
        unnest(json_extract(prior_experiments, '$[*]')) as entry

    from registry

),

declared_links as (

    select
        experiment_key,
        project,
        coalesce(entry ->> '$.id', entry ->> '$.experiment_id', entry ->> '$') as prior_id,
        lower(coalesce(entry ->> '$.kind', 'builds_on')) as kind

    from prior_entries

),

-- an id in the hypothesis counts as a link when it could not be a word or a number of the sentence
text_links as (

    select
        registry.experiment_key,
        registry.project,
        others.experiment_id as prior_id

    from registry
    inner join ids as others
        on
            registry.experiment_id != others.experiment_id
            and regexp_matches(others.experiment_id, '[A-Za-z]')
            and regexp_matches(others.experiment_id, '[0-9_-]')
            and contains(lower(registry.hypothesis), lower(others.experiment_id))
            and regexp_matches(
                lower(registry.hypothesis),
                '(^|[^a-z0-9_-])' || regexp_escape(lower(others.experiment_id)) || '($|[^a-z0-9_-])'
            )

),

resolved_links as (

    select
        declared_links.experiment_key,
        priors.experiment_key as prior_key,
        'A' as grade

    from declared_links
    inner join ids
        on declared_links.prior_id = ids.experiment_id
    inner join registry as priors
        on
            declared_links.prior_id = priors.experiment_id
            and (ids.projects = 1 or declared_links.project = priors.project)
    where declared_links.kind in ('builds_on', 'contradicts', 'replicates', 'ruled_out')

    union

    select
        text_links.experiment_key,
        priors.experiment_key as prior_key,
        'B' as grade

    from text_links
    inner join ids
        on text_links.prior_id = ids.experiment_id
    inner join registry as priors
        on
            text_links.prior_id = priors.experiment_id
            and (ids.projects = 1 or text_links.project = priors.project)

),

reached as (

    with recursive walk as (

        select
            experiment_key,
            prior_key
        from resolved_links
        where grade = 'A'

        union

        select
            walk.experiment_key,
            resolved_links.prior_key
        from walk
        inner join resolved_links
            on walk.prior_key = resolved_links.experiment_key and resolved_links.grade = 'A'

    )

    select * from walk

),

circular as (

    select
        resolved_links.experiment_key,
        resolved_links.prior_key
    from resolved_links
    semi join reached
        on
            resolved_links.prior_key = reached.experiment_key
            and resolved_links.experiment_key = reached.prior_key

),

-- a prior counts when it had ended before this hypothesis was written
valid_links as (

    select
        resolved_links.experiment_key,
        resolved_links.prior_key,
        resolved_links.grade,
        citing.written_on,
        priors.end_date as prior_end_date

    from resolved_links
    anti join circular
        on
            resolved_links.experiment_key = circular.experiment_key
            and resolved_links.prior_key = circular.prior_key
    inner join registry as citing
        on resolved_links.experiment_key = citing.experiment_key
    inner join registry as priors
        on resolved_links.prior_key = priors.experiment_key
    where
        resolved_links.experiment_key != resolved_links.prior_key
        and priors.end_date < citing.written_on

),

referencing as (

    select
        started.experiment_key,
        started.started_local,
        count(valid_links.prior_key) > 0 as has_reference,
        count(valid_links.prior_key) filter (where valid_links.grade = 'A')
        > 0 as has_structured_reference

    from started
    left join valid_links
        on started.experiment_key = valid_links.experiment_key
    group by all

),

eligible as (

    select registry.experiment_key
    from registry
    inner join registry as others
        on
            registry.area = others.area
            and registry.experiment_key != others.experiment_key
            and registry.written_on > others.end_date
    group by all

),

period_starts as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        count(referencing.experiment_key) as started,
        count(*) filter (where referencing.has_reference) as referenced,
        count(*) filter (where referencing.has_structured_reference) as referenced_structured,
        count(eligible.experiment_key) as eligible,
        count(eligible.experiment_key) filter (where referencing.has_reference)
            as eligible_referenced

    from periods
    left join referencing
        on
            periods.period_start <= referencing.started_local
            and periods.period_end > referencing.started_local
    left join eligible
        on referencing.experiment_key = eligible.experiment_key
    group by all

),

period_ends as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        count(concluded.experiment_key) as concluded

    from periods
    left join concluded
        on periods.period_start <= concluded.end_date and periods.period_end > concluded.end_date
    group by all

),

-- read at the end of the period: had what was concluded over a year ago been cited within a year?
aged as (

    select
        periods.period,
        periods.period_start,
        concluded.experiment_key,
        bool_or(coalesce(
            valid_links.written_on <= concluded.end_date + interval 12 month
            and valid_links.written_on < periods.period_end,
            false
        )) as is_cited

    from periods
    inner join concluded
        on concluded.end_date + interval 12 month < periods.period_end
    left join valid_links
        on concluded.experiment_key = valid_links.prior_key
    group by all

),

reuse as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        count(aged.experiment_key) as aged,
        count(*) filter (where aged.is_cited) as cited

    from periods
    left join aged
        on periods.period = aged.period and periods.period_start = aged.period_start
    group by all

),

readings as (

    select
        period,
        period_start,
        period_end,
        'started' as variant,
        started as value,
        'count' as unit,
        started as n
    from period_starts

    union all by name

    select
        period,
        period_start,
        period_end,
        'concluded' as variant,
        concluded as value,
        'count' as unit,
        concluded as n
    from period_ends

    union all by name

    select
        period,
        period_start,
        period_end,
        'reference_share' as variant,
        'share' as unit,
        started as n,
        referenced as numerator,
        started as denominator
    from period_starts

    union all by name

    select
        period,
        period_start,
        period_end,
        'reference_share_structured' as variant,
        'share' as unit,
        started as n,
        referenced_structured as numerator,
        started as denominator
    from period_starts

    union all by name

    select
        period,
        period_start,
        period_end,
        'reference_share_eligible' as variant,
        'share' as unit,
        eligible as n,
        eligible_referenced as numerator,
        eligible as denominator
    from period_starts

    union all by name

    select
        period,
        period_start,
        period_end,
        'reuse' as variant,
        'share' as unit,
        aged as n,
        cited as numerator,
        aged as denominator
    from reuse

),

measured as (

    select
        readings.variant,
        readings.variant as target_variant,
        readings.period,
        readings.period_start,
        case readings.unit
            when 'count' then cast(readings.value as double)
            else {{ safe_ratio('readings.numerator', 'readings.denominator') }}
        end as value,
        readings.unit,
        readings.n,
        readings.numerator,
        readings.denominator,
        {{ wilson_low('readings.numerator', 'readings.denominator') }} as ci_low,
        {{ wilson_high('readings.numerator', 'readings.denominator') }} as ci_high,
        cast(null as double) as coverage,
        cast(readings.period_end as timestamp) > instant.as_of_local as is_pending,
        0 as minimum_n,
        false as is_failed,
        cast(null as varchar) as reason

    from readings
    cross join instant

),

{{ kpi_rows('K2', 'Experiment velocity') }}
