-- grain: the one row of settings that every answer uses
with

settings as (

    select * from {{ ref('stg_company__settings') }}

),

has_plan as (

    select count(*) > 0 as has_plan from {{ ref('stg_company__plan_events') }}

),

resolved as (

    select
        settings.company,
        settings.timezone,
        settings.week_start,
        settings.session_timeout_minutes,
        settings.vendor_sessions,
        settings.minimum_group_size,
        settings.identity_scope,
        coalesce(settings.unplanned_counts_as_active, false)
        or not has_plan.has_plan as unplanned_counts_as_active,
        settings.pm_titles

    from settings
    cross join has_plan

)

select * from resolved
