-- grain: one row per tool or process and product manager whom its rollout was meant for
-- Everyone, or those of the named areas, or the named people, employed on the day of the rollout.
with

tools as (

    select
        tool,
        rollout_on,
        eligible
    from {{ ref('dim_tools') }}
    where rollout_on is not null

),

managers as (

    select
        person_id,
        area,
        email,
        start_on,
        end_on
    from {{ ref('dim_people') }}
    where role = 'pm'

)

select
    tools.tool,
    managers.person_id,
    managers.area,
    managers.email is not null as has_login,
    tools.rollout_on,
    managers.end_on

from tools
inner join managers
    on
        coalesce(tools.rollout_on >= managers.start_on, true)
        and coalesce(tools.rollout_on <= managers.end_on, true)
        and (
            trim(tools.eligible, '"') = 'all'
            or coalesce(
                list_contains(json_extract_string(tools.eligible, '$.areas[*]'), managers.area),
                false
            )
            or coalesce(
                list_contains(
                    json_extract_string(tools.eligible, '$.people[*]'), managers.person_id
                ),
                false
            )
        )
