-- grain: one row per variant, period and period start
-- K3: a tool's row stands in the period of its rollout, like a cohort; the two counts have a row
-- in every period.
{% set first_day %}
    select cast(least(
        min(tools.rollout_on),
        max(cast({{ local_time(as_of(), 'settings.timezone') }} as date))
    ) as timestamp) as first_day
    from {{ ref('dim_settings') }} as settings
    cross join {{ ref('dim_tools') }} as tools
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

counted as (

    select
        rolled_out.tool,
        rolled_out.rollout_on,
        rolled_out.is_measured,
        count(*) filter (where people.is_present_on_60) as base_60,
        count(*) filter (where people.is_present_on_30) as base_30,
        count(*) filter (where people.is_present_on_60 and people.is_adopter) as adopters,
        count(*) filter (where people.is_present_on_30 and people.is_user_by_30) as users_by_30,
        count(*) filter (where people.is_present_on_60 and people.is_user_by_60) as users_by_60,
        count(*) filter (where people.is_present_on_60 and people.is_habitual) as habitual_users,
        {{ safe_ratio('count(*) filter (where people.has_login)', 'count(people.person_id)') }}
            as login_coverage

    from rolled_out
    left join people
        on rolled_out.tool = people.tool
    group by all

),

-- a reading is over when the day it names has ended in the reporting zone
tool_readings as (

    select
        tool,
        rollout_on,
        is_measured,
        login_coverage,
        'adopted_day_60' as reading,
        adopters as numerator,
        base_60 as denominator,
        rollout_on + 61 as over_on
    from counted

    union all by name

    select
        tool,
        rollout_on,
        is_measured,
        login_coverage,
        'day_30' as reading,
        users_by_30 as numerator,
        base_30 as denominator,
        rollout_on + 31 as over_on
    from counted

    union all by name

    select
        tool,
        rollout_on,
        is_measured,
        login_coverage,
        'ever_used' as reading,
        users_by_60 as numerator,
        base_60 as denominator,
        rollout_on + 61 as over_on
    from counted

    union all by name

    select
        tool,
        rollout_on,
        is_measured,
        login_coverage,
        'habitual' as reading,
        habitual_users as numerator,
        base_60 as denominator,
        rollout_on + 61 as over_on
    from counted

),

settled_readings as (

    select
        tool_readings.tool,
        tool_readings.reading,
        tool_readings.rollout_on,
        cast(tool_readings.over_on as timestamp) > instant.as_of_local as is_pending,
        tool_readings.is_measured,
        tool_readings.login_coverage,
        case
            when
                cast(tool_readings.over_on as timestamp) <= instant.as_of_local
                and tool_readings.is_measured
                then tool_readings.numerator
        end as numerator,
        case
            when
                cast(tool_readings.over_on as timestamp) <= instant.as_of_local
                then tool_readings.denominator
        end as denominator,
        tool_readings.denominator as people

    from tool_readings
    cross join instant

),

adoption as (

    select
        settled_readings.reading || ':' || settled_readings.tool as variant,
        settled_readings.reading as target_variant,
        periods.period,
        periods.period_start,
        {{ safe_ratio('settled_readings.numerator', 'settled_readings.denominator') }} as value,
        'share' as unit,
        settled_readings.people as n,
        settled_readings.numerator,
        settled_readings.denominator,
        {{ wilson_low('settled_readings.numerator', 'settled_readings.denominator') }} as ci_low,
        {{ wilson_high('settled_readings.numerator', 'settled_readings.denominator') }} as ci_high,
        case when settled_readings.is_measured then settled_readings.login_coverage else 0 end
            as coverage,
        settled_readings.is_pending,
        5 as minimum_n,
        settled_readings.reading = 'adopted_day_60'
        and coalesce(
            {{ safe_ratio('settled_readings.numerator', 'settled_readings.denominator') }} <= 0.4,
            false
        ) as is_failed,
        case when not settled_readings.is_measured then 'no source shows the use of this tool' end
            as reason

    from settled_readings
    inner join periods
        on
            settled_readings.rollout_on >= periods.period_start
            and settled_readings.rollout_on < periods.period_end

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
        cast(stack_counts.value as double) as value,
        'count' as unit,
        stack_counts.value as n,
        stack_counts.period_end > instant.as_of_local as is_pending,
        0 as minimum_n,
        false as is_failed

    from stack_counts
    cross join instant

),

{{ kpi_rows('K3', 'Tool adoption') }}
