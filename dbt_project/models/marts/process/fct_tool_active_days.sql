-- grain: one row per tool, person and window that a vendor counted active days in
-- Two accounts of one person in one window count as the busier one: their days may be the same.
with

rules as (

    select
        tool,
        source,
        app_id
    from {{ ref('stg_company__tool_usage') }}

),

counts as (

    select
        source,
        tool,
        login,
        window_from_on,
        window_to_on,
        days_active
    from {{ ref('int_tools__seats') }}
    where days_active is not null and window_from_on is not null and window_to_on is not null

),

logins as (

    {{ people_by_login() }}

)

select
    rules.tool,
    logins.person_id,
    counts.window_from_on,
    counts.window_to_on,
    max(counts.days_active) as days_active

from counts
inner join rules
    on
        counts.source = rules.source
        and (
            counts.source != 'usage'
            or lower(trim(counts.tool)) = lower(coalesce(rules.app_id, rules.tool))
        )
inner join logins
    on counts.login = logins.login
group by all
