-- grain: one row per variant, period and period start
-- K3: a tool's row stands in the period of its rollout, like a cohort; the two counts have a row
-- in every period.
{#- Reading, who is counted, the day it is read on, its first day, if counts of days tell it. -#}
{% set tool_readings = [
    ('adopted_day_60', 'is_adopter', 60, 31, true),
    ('day_30', 'is_user_by_30', 30, 0, false),
    ('ever_used', 'is_user_by_60', 60, 0, true),
    ('habitual', 'is_habitual', 60, 33, false)
] %}
{% set first_day %}
    select cast(least(
        min(tools.rollout_on),
        max(cast({{ local_time(as_of(), 'settings.timezone') }} as date))
    ) as timestamp) as first_day
    from {{ ref('dim_settings') }} as settings
    left join {{ ref('dim_tools') }} as tools
        on tools.rollout_on is not null
{% endset %}
with

{{ kpi_periods(first_day) }},

tools as (

    select *
    from {{ ref('dim_tools') }}

),

rolled_out as (

    select
        tools.tool,
        tools.rollout_on,
        tools.usage_sources > 0 as is_measured

    from tools
    cross join instant
    where cast(tools.rollout_on as timestamp) < instant.as_of_local

),

eligible as (

    select
        people.tool,
        people.rollout_on,
        people.person_id,
        people.has_login,
        coalesce(people.end_on >= people.rollout_on + 30, true) as is_present_on_30,
        coalesce(people.end_on >= people.rollout_on + 60, true) as is_present_on_60

    from {{ ref('fct_rollout_people') }} as people
    inner join rolled_out
        on people.tool = rolled_out.tool

),

uses as (

    select
        uses.tool,
        uses.person_id,
        date_diff('day', rolled_out.rollout_on, uses.local_date) as day_number

    from {{ ref('fct_tool_use_days') }} as uses
    inner join rolled_out
        on uses.tool = rolled_out.tool
    cross join instant
    where getvariable('as_of') is null or uses.local_date < cast(instant.as_of_local as date)

),

-- a vendor's count of active days counts when its window lies inside days 31 to 60; windows of one
-- person add up where none overlaps another, else the busiest one counts
summaries as (

    select
        counts.tool,
        counts.person_id,
        counts.days_active,
        coalesce(
            counts.window_from_on
            < max(counts.window_to_on) over (
                partition by counts.tool, counts.person_id
                order by counts.window_from_on, counts.window_to_on
                rows between unbounded preceding and 1 preceding
            ),
            false
        ) as is_overlapping

    from {{ ref('fct_tool_active_days') }} as counts
    inner join rolled_out
        on
            counts.tool = rolled_out.tool
            and counts.window_from_on >= rolled_out.rollout_on + 31
            and counts.window_to_on <= rolled_out.rollout_on + 61
    cross join instant
    where
        getvariable('as_of') is null
        or counts.window_to_on <= cast(instant.as_of_local as date)

),

summed as (

    select
        tool,
        person_id,
        case when bool_or(is_overlapping) then max(days_active) else sum(days_active) end
            as days_active
    from summaries
    group by all

),

people as (

    select
        eligible.tool,
        eligible.rollout_on,
        eligible.person_id,
        eligible.has_login,
        eligible.is_present_on_30,
        eligible.is_present_on_60,
        greatest(
            count(distinct uses.day_number) filter (where uses.day_number between 31 and 60),
            coalesce(max(summed.days_active), 0)
        ) >= 2 as is_adopter,
        count(*) filter (where uses.day_number between 0 and 30) > 0 as is_user_by_30,
        count(*) filter (where uses.day_number between 0 and 60) > 0
        or coalesce(max(summed.days_active), 0) > 0 as is_user_by_60,
        count(*) filter (where uses.day_number between 33 and 39) > 0
        and count(*) filter (where uses.day_number between 40 and 46) > 0
        and count(*) filter (where uses.day_number between 47 and 53) > 0
        and count(*) filter (where uses.day_number between 54 and 60) > 0 as is_habitual

    from eligible
    left join uses
        on eligible.tool = uses.tool and eligible.person_id = uses.person_id
    left join summed
        on eligible.tool = summed.tool and eligible.person_id = summed.person_id
    group by all

),

-- where the sources tell nothing of the days of a reading, nobody knows who used the tool
evidence as (

    select
        evidence.tool,
        evidence.sources,
        evidence.first_on,
        evidence.last_on,
        evidence.logged_from_on,
        evidence.logged_to_on,
        count(summaries.person_id) > 0 as has_counts

    from {{ ref('dim_tool_evidence') }} as evidence
    left join summaries
        on evidence.tool = summaries.tool
    group by all

),

tool_readings as (

    {% for reading, is_counted, last_day, first_day, takes_counts in tool_readings -%}
        select
            rolled_out.tool,
            '{{ reading }}' as reading,
            rolled_out.rollout_on,
            rolled_out.is_measured,
            rolled_out.rollout_on + {{ first_day }} as first_on,
            rolled_out.rollout_on + {{ last_day }} as last_on,
            {{ takes_counts }} as takes_counts,
            count(*) filter (
                where people.is_present_on_{{ last_day }} and people.{{ is_counted }}
            ) as used,
            count(*) filter (where people.is_present_on_{{ last_day }}) as people,
            {{ safe_ratio('count(*) filter (where people.has_login)', 'count(people.person_id)') }}
                as login_coverage

        from rolled_out
        left join people
            on rolled_out.tool = people.tool
        group by all

        {{ 'union all by name' if not loop.last }}

    {% endfor %}

),

-- a reading is over when the day it names has ended in the reporting zone
settled_readings as (

    select
        tool_readings.*,
        cast(tool_readings.last_on + 1 as timestamp) > instant.as_of_local as is_pending,
        coalesce(
            evidence.first_on <= tool_readings.last_on
            and evidence.last_on >= tool_readings.first_on,
            false
        )
        or coalesce(tool_readings.takes_counts and evidence.has_counts, false) as is_seen,
        -- of a log that ends or begins inside of the days, only so many are told
        case
            when tool_readings.takes_counts and evidence.has_counts then 1.0
            when evidence.logged_from_on is not null
                then
                    greatest(
                        least(tool_readings.last_on, evidence.logged_to_on)
                        - greatest(tool_readings.first_on, evidence.logged_from_on)
                        + 1,
                        0
                    )
                    / (tool_readings.last_on - tool_readings.first_on + 1.0)
            else 1.0
        end as told_share,
        evidence.sources,
        coalesce(evidence.has_counts, false) as has_counts

    from tool_readings
    cross join instant
    left join evidence
        on tool_readings.tool = evidence.tool

),

told_readings as (

    select
        *,
        case when is_seen and not is_pending then used end as numerator,
        case when not is_pending then people end as denominator,
        case
            when not is_measured then 'no source shows the use of this tool'
            when is_pending then null
            -- a day in ten may be missing, such as a holiday at either end
            when is_seen and told_share < 0.9
                then
                    'the record of ' || sources || ' tells only of '
                    || cast(round(told_share * (last_on - first_on + 1)) as bigint) || ' of the '
                    || (last_on - first_on + 1) || ' days from ' || strftime(first_on, '%Y-%m-%d')
                    || ' to ' || strftime(last_on, '%Y-%m-%d')
            when is_seen then null
            when has_counts
                then sources || ' counts active days of a window and does not say which'
            else
                'no record of ' || sources || ' tells of the days from '
                || strftime(first_on, '%Y-%m-%d') || ' to ' || strftime(last_on, '%Y-%m-%d')
        end as reason

    from settled_readings

),

adoption as (

    select
        told_readings.reading || ':' || told_readings.tool as variant,
        told_readings.reading as target_variant,
        periods.period,
        periods.period_start,
        {{ safe_ratio('told_readings.numerator', 'told_readings.denominator') }} as value,
        'share' as unit,
        told_readings.people as n,
        told_readings.numerator,
        told_readings.denominator,
        {{ wilson_low('told_readings.numerator', 'told_readings.denominator') }} as ci_low,
        {{ wilson_high('told_readings.numerator', 'told_readings.denominator') }} as ci_high,
        case when told_readings.reason is null then told_readings.login_coverage else 0 end
            as coverage,
        told_readings.is_pending,
        5 as minimum_n,
        told_readings.reading = 'adopted_day_60'
        and told_readings.reason is null
        and coalesce(
            {{ safe_ratio('told_readings.numerator', 'told_readings.denominator') }} <= 0.4,
            false
        ) as is_failed,
        told_readings.reason

    from told_readings
    inner join periods
        on
            told_readings.rollout_on >= periods.period_start
            and told_readings.rollout_on < periods.period_end

),

known as (

    select count(*) as tools
    from tools
    where kind = 'tool'

),

-- tools in force: rolled out before the period ended, or never announced and so always there
stack as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        tools.tool,
        tools.category,
        tools.is_core

    from periods
    inner join tools
        on tools.kind = 'tool' and coalesce(periods.period_end > tools.rollout_on, true)

),

categories as (

    select
        period,
        period_start,
        category,
        count(*) as tools
    from stack
    where category is not null
    group by all

),

stack_counts as (

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        'core_tools' as variant,
        count(*) filter (where stack.is_core) as value

    from periods
    left join stack
        on periods.period = stack.period and periods.period_start = stack.period_start
    group by all

    union all by name

    select
        periods.period,
        periods.period_start,
        periods.period_end,
        'overlapping_categories' as variant,
        count(*) filter (where categories.tools > 1) as value

    from periods
    left join categories
        on periods.period = categories.period and periods.period_start = categories.period_start
    group by all

),

measured as (

    select * from adoption

    union all by name

    select
        stack_counts.variant,
        stack_counts.variant as target_variant,
        stack_counts.period,
        stack_counts.period_start,
        case when known.tools > 0 then cast(stack_counts.value as double) end as value,
        'count' as unit,
        stack_counts.value as n,
        stack_counts.period_end > instant.as_of_local as is_pending,
        0 as minimum_n,
        false as is_failed,
        case when known.tools = 0 then 'tools.yml declares no tool' end as reason

    from stack_counts
    cross join instant
    cross join known

),

{{ kpi_rows('K3', 'Tool adoption') }}
