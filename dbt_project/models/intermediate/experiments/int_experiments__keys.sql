-- grain: one row per key that exposures may carry and span of time, with the experiment it names
-- Only what the registry or a tool says outright: flag keys, ids, linked features. A key that two
-- experiments claim names neither.
with

registry as (

    select
        experiment_id,
        flag_key,
        source_tool
    from {{ ref('stg_experiments__experiments') }}

),

tools as (

    select * from {{ ref('int_experiments__tool_entries') }}

),

flag_keys as (

    select
        flag_key as key,
        experiment_id
    from registry
    where flag_key is not null and flag_key != experiment_id
    group by all

),

-- what a tool tells goes on to the registry's experiment where that names the tool's key
tool_names as (

    select
        tools.exposure_key,
        tools.other_keys,
        coalesce(flag_keys.experiment_id, tools.experiment_id) as experiment_id,
        tools.exposed_from_at,
        tools.exposed_to_at

    from tools
    left join flag_keys
        on tools.experiment_id = flag_keys.key

),

claims as (

    select
        key,
        experiment_id,
        timestamp '0001-01-01' as from_at,
        timestamp '9999-12-31' as to_at
    from flag_keys

    union

    select
        exposure_key as key,
        experiment_id,
        exposed_from_at as from_at,
        exposed_to_at as to_at
    from tool_names
    where
        exposed_from_at < exposed_to_at
        and exposure_key not in (select flag_keys.key from flag_keys)

    union

    select
        unnest(other_keys) as key,
        experiment_id,
        exposed_from_at as from_at,
        exposed_to_at as to_at
    from tool_names
    where exposed_from_at < exposed_to_at

),

usable as (

    select
        claims.key,
        claims.experiment_id,
        claims.from_at,
        claims.to_at

    from claims
    anti join registry
        on claims.key = registry.experiment_id
    where claims.key is not null

),

contested as (

    select usable.key
    from usable
    inner join usable as rivals
        on
            usable.key = rivals.key
            and usable.experiment_id != rivals.experiment_id
            and usable.from_at < rivals.to_at
            and usable.to_at > rivals.from_at

)

select
    usable.key,
    usable.experiment_id,
    usable.from_at,
    usable.to_at

from usable
anti join contested
    on usable.key = contested.key
group by all
