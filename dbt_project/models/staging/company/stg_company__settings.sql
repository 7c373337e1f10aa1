-- grain: the one row of settings; the defaults where nothing is declared
with

source as (

    select * from {{ source('company', 'settings') }}

),

defaults as (

    select
        'company' as company,
        'UTC' as timezone,
        1 as week_start,
        30 as session_timeout_minutes,
        '[]' as vendor_sessions,
        5 as minimum_group_size,
        'company' as identity_scope,
        '["organization", "org", "company", "account"]' as account_groups,
        500 as shared_device_users,
        true as unplanned_counts_as_active,
        2000 as unplanned_names_per_source,
        500 as unplanned_keys_per_source,
        '[]' as pm_titles

    where not exists (select 1 from source)

),

settings as (

    select
        company,
        coalesce(timezone, 'UTC') as timezone,
        coalesce(week_start, 1) as week_start,
        coalesce(session_timeout_minutes, 30) as session_timeout_minutes,
        coalesce(vendor_sessions, '[]') as vendor_sessions,
        coalesce(minimum_group_size, 5) as minimum_group_size,
        coalesce(identity_scope, 'company') as identity_scope,
        coalesce(account_groups, '["organization", "org", "company", "account"]') as account_groups,
        coalesce(shared_device_users, 500) as shared_device_users,
        unplanned_counts_as_active,
        coalesce(unplanned_names_per_source, 2000) as unplanned_names_per_source,
        coalesce(unplanned_keys_per_source, 500) as unplanned_keys_per_source,
        coalesce(pm_titles, '[]') as pm_titles

    from source

    union all by name

    select * from defaults

)

select
    company,
    timezone,
    cast(week_start as integer) as week_start,
    cast(session_timeout_minutes as integer) as session_timeout_minutes,
    vendor_sessions,
    cast(minimum_group_size as integer) as minimum_group_size,
    identity_scope,
    account_groups,
    shared_device_users,
    unplanned_counts_as_active,
    unplanned_names_per_source,
    unplanned_keys_per_source,
    pm_titles

from settings
