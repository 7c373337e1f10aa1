-- grain: one row per variant, period and period start
-- K5: days from a product manager's first day to the first shipped feature they own or the first
-- experiment they launch. A row stands in the month or quarter of their start, like a cohort; who
-- has neither is censored on the last day employed, or at the as-of instant.
{% set first_day %}
    select least(
        cast(min(people.start_on) as timestamp),
        max({{ local_time(as_of(), 'settings.timezone') }})
    ) as first_day
    from {{ ref('dim_settings') }} as settings
    left join {{ ref('dim_people') }} as people
        on people.role = 'pm'
{% endset %}
with

{{ kpi_periods(first_day, 'K5') }},

{{ started_experiments() }},

managers as (

    select
        people.person_id,
        people.start_on,
        least(people.end_on, cast(instant.as_of_local as date)) as last_on,
        coalesce(people.end_on >= cast(instant.as_of_local as date), true) as is_still_watched

    from {{ ref('dim_people') }} as people
    cross join instant
    where people.role = 'pm' and cast(people.start_on as timestamp) < instant.as_of_local

),

features as (

    select
        item_id,
        owner_person_id,
        case when {{ seen_by_as_of('released_at') }} then released_on end as released_on
    from {{ ref('fct_feature_releases') }}
    where coalesce({{ seen_by_as_of('created_at') }}, true)

),

launches as (

    select
        names.person_id,
        cast(started.started_local as date) as launched_on

    from started
    inner join registry
        on started.experiment_key = registry.experiment_key
    left join {{ ref('dim_person_names') }} as names
        on lower(trim(registry.owner)) = names.written_name

),

-- what goes out within the first seven days was made by somebody else
first_features as (

    select
        managers.person_id,
        min(features.released_on) as first_on

    from managers
    inner join features
        on
            managers.person_id = features.owner_person_id
            and managers.start_on + 7 < features.released_on
            and managers.last_on >= features.released_on
    group by all

),

first_launches as (

    select
        managers.person_id,
        min(launches.launched_on) as first_on

    from managers
    inner join launches
        on
            managers.person_id = launches.person_id
            and managers.start_on <= launches.launched_on
            and managers.last_on >= launches.launched_on
    group by all

),

variants as (

    select
        managers.*,
        variant_names.variant,
        case variant_names.variant
            when 'first_feature' then first_features.first_on
            when 'first_experiment' then first_launches.first_on
            else least(first_features.first_on, first_launches.first_on)
        end as first_on

    from managers
    cross join (
        values ('first_ship'), ('first_feature'), ('first_experiment')
    ) as variant_names (variant)
    left join first_features
        on managers.person_id = first_features.person_id
    left join first_launches
        on managers.person_id = first_launches.person_id

),

in_period as (

    select
        periods.period,
        periods.period_start,
        variants.variant,
        variants.first_on is not null as has_shipped,
        variants.first_on is null and variants.is_still_watched as is_open,
        greatest(coalesce(variants.first_on, variants.last_on) - variants.start_on, 0) as days

    from periods
    inner join variants
        on periods.period_start <= variants.start_on and periods.period_end > variants.start_on

),

{{ survival_quantiles(
    'in_period', ['period', 'period_start', 'variant'], 'days', 'has_shipped', {'median_days': 0.5}
) }},

feature_counts as (

    select
        count(*) as features,
        count(released_on) as shipped,
        count(owner_person_id) filter (where released_on is not null) as shipped_owned
    from features

),

release_counts as (

    select count(*) as releases
    from {{ ref('fct_releases') }}
    where released_at is not null and {{ seen_by_as_of('released_at') }}

),

registry_counts as (

    select count(*) as experiments
    from registry
    where type = 'ab'

),

launch_counts as (

    select
        count(*) as launches,
        count(person_id) as launches_owned
    from launches

),

people_counts as (

    select {{ safe_ratio('count(start_on)', 'count(*)') }} as dated
    from {{ ref('dim_people') }}
    where role = 'pm'

),

-- what must be there for the number to mean what it says
lacks as (

    select
        feature_counts.shipped,
        feature_counts.shipped_owned,
        launch_counts.launches,
        launch_counts.launches_owned,
        people_counts.dated,
        case
            when feature_counts.features = 0
                then 'no feature items: declare them in delivery.yml and deliver issues'
            when release_counts.releases = 0
                then 'no releases: deliver GitHub releases or Jira versions'
            when feature_counts.shipped = 0 then 'no feature item names a release that is out'
        end as lacks_features,
        case
            when registry_counts.experiments = 0 then 'no experiment registry'
        end as lacks_experiments

    from feature_counts
    cross join release_counts
    cross join registry_counts
    cross join launch_counts
    cross join people_counts

),

cohorts as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        variant_names.variant,
        count(in_period.days) as managers,
        count(*) filter (where in_period.has_shipped) as shipped,
        any_value(medians.median_days) as median_days,
        any_value(medians.median_days_low) as low_days,
        any_value(medians.median_days_high) as high_days,
        -- an open person who was watched for less time than the median may still move it
        coalesce(bool_or(
            in_period.is_open and coalesce(in_period.days < medians.median_days, true)
        ), false) as may_move

    from periods
    cross join (
        values ('first_ship'), ('first_feature'), ('first_experiment')
    ) as variant_names (variant)
    left join in_period
        on
            periods.period = in_period.period
            and periods.period_start = in_period.period_start
            and variant_names.variant = in_period.variant
    left join survival_quantiles as medians
        on
            periods.period = medians.period
            and periods.period_start = medians.period_start
            and variant_names.variant = medians.variant
    group by
        periods.period, periods.period_start, periods.period_end, variant_names.variant

),

explained as (

    select
        cohorts.*,
        settings.minimum_group_size,
        cohorts.managers between 1 and settings.minimum_group_size - 1 as is_suppressed,
        case cohorts.variant
            when 'first_feature' then lacks.lacks_features
            when 'first_experiment' then lacks.lacks_experiments
            else coalesce(lacks.lacks_features, lacks.lacks_experiments)
        end as lacks,
        least(
            lacks.dated,
            case cohorts.variant
                when 'first_feature' then {{ safe_ratio('lacks.shipped_owned', 'lacks.shipped') }}
                when 'first_experiment'
                    then {{ safe_ratio('lacks.launches_owned', 'lacks.launches') }}
                else {{ safe_ratio(
                    'lacks.shipped_owned + lacks.launches_owned', 'lacks.shipped + lacks.launches'
                ) }}
            end
        ) as coverage

    from cohorts
    cross join lacks
    cross join {{ ref('dim_settings') }} as settings

),

measured as (

    select
        explained.variant,
        explained.variant as target_variant,
        explained.period,
        explained.period_start,
        case
            when not explained.is_suppressed and explained.lacks is null then explained.median_days
        end
            as value,
        'days' as unit,
        explained.managers as n,
        case when not explained.is_suppressed and explained.lacks is null then explained.shipped end
            as numerator,
        case when not explained.is_suppressed then explained.managers end as denominator,
        case
            when not explained.is_suppressed and explained.lacks is null then explained.low_days
        end
            as ci_low,
        case
            when not explained.is_suppressed and explained.lacks is null then explained.high_days
        end
            as ci_high,
        explained.coverage,
        explained.period_end > instant.as_of_local or explained.may_move as is_pending,
        5 as minimum_n,
        false as is_failed,
        case
            when explained.lacks is not null then explained.lacks
            when explained.is_suppressed
                then
                    'fewer than '
                    || explained.minimum_group_size
                    || ' ('
                    || explained.managers
                    || ')'
            when
                explained.managers > 0 and explained.median_days is null and not explained.may_move
                then 'not reached: half of them never shipped while they were here'
        end as reason

    from explained
    cross join instant

),

{{ kpi_rows('K5', 'Onboarding speed') }}
