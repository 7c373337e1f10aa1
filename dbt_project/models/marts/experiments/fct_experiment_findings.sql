-- grain: one row per experiment and finding about its entry
-- What a registry entry lacks or contradicts is reported here; no entry is refused for it, and no
-- exposure is cut off.
with

experiments as (

    select *
    from {{ ref('dim_experiments') }}
    where type != 'result'

),

settings as (

    select timezone from {{ ref('dim_settings') }}

),

lacking as (

    select
        project,
        experiment_id,
        unnest([
            { 'finding': 'no name', 'holds': name = experiment_id },
            { 'finding': 'no hypothesis', 'holds': nullif(trim(hypothesis), '') is null },
            { 'finding': 'no owner', 'holds': nullif(trim(owner), '') is null },
            { 'finding': 'no status', 'holds': nullif(trim(status), '') is null },
            { 'finding': 'no start', 'holds': start_date is null and status != 'draft' },
            { 'finding': 'no primary metric', 'holds': nullif(trim(primary_metric), '') is null },
            {
                'finding': 'ended before it started',
                'holds': coalesce(end_date < start_date, false)
            },
            {
                'finding': 'stopped without an end',
                'holds': status in ('stopped', 'decided') and end_date is null
            },
            {
                'finding': 'a draft that ended',
                'holds': status = 'draft' and end_date is not null
            },
            {
                'finding': 'decided without a decision',
                'holds': status = 'decided' and nullif(trim(decision), '') is null
            },
            {
                'finding': 'decided without a date or a reason',
                'holds': status = 'decided'
                and (decided_on is null or is_decided_on_end)
                and nullif(trim(learning), '') is null
            },
            {
                'finding': 'decided before its end without a reason',
                'holds': coalesce(decided_on < end_date, false)
                and nullif(trim(learning), '') is null
            }
        ]) as checked

    from experiments

),

weights as (

    select
        project,
        experiment_id,
        unnest(json_extract(variants, '$[*]')) as variant
    from experiments

),

weight_sums as (

    select
        project,
        experiment_id,
        sum(try_cast(json_extract_string(variant, '$.weight') as double)) as total,
        count(*) = count(json_extract_string(variant, '$.weight')) as is_complete

    from weights
    group by all

),

exposed_days as (

    select
        exposures.project,
        exposures.experiment_id,
        cast(
            min({{ local_time('exposures.exposed_at', 'settings.timezone') }}) as date
        ) as first_on,
        cast(
            max({{ local_time('exposures.exposed_at', 'settings.timezone') }}) as date
        ) as last_on

    from {{ ref('fct_exposures') }} as exposures
    cross join settings
    group by all

),

findings as (

    select
        project,
        experiment_id,
        checked.finding
    from lacking
    where checked.holds

    union all

    select
        project,
        experiment_id,
        'weights do not sum to 1' as finding
    from weight_sums
    where is_complete and abs(total - 1) > 0.001

    union all

    select
        experiments.project,
        experiments.experiment_id,
        'exposures outside of its dates' as finding

    from experiments
    inner join exposed_days
        on
            experiments.project = exposed_days.project
            and experiments.experiment_id = exposed_days.experiment_id
    where
        exposed_days.first_on < experiments.start_date
        or exposed_days.last_on > experiments.end_date

)

select
    project,
    experiment_id,
    finding

from findings
