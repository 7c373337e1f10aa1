-- grain: one row per tool or process
with

tools as (

    select * from {{ ref('stg_company__tools') }}

),

usage_rules as (

    select
        tool,
        count(*) as usage_sources
    from {{ ref('stg_company__tool_usage') }}
    group by all

),

cost_rules as (

    select process
    from {{ ref('stg_company__process_rules') }}
    group by all

)

select
    tools.tool,
    tools.name,
    tools.kind,
    tools.category,
    coalesce(tools.is_core, false) as is_core,
    tools.owner,
    tools.rollout_on,
    coalesce(tools.eligible, '"all"') as eligible,
    coalesce(usage_rules.usage_sources, 0) as usage_sources,
    cost_rules.process is not null as has_cost_rules

from tools
left join usage_rules
    on tools.tool = usage_rules.tool
left join cost_rules
    on tools.tool = cost_rules.process
