-- grain: one row per experiment and project, of the company's registry and of its tools
-- The registry's word goes first; a tool fills what it leaves empty, where id or flag key are the
-- same text. Nothing is matched by a likeness.
with

registry as (

    select * from {{ ref('stg_experiments__experiments') }}

),

tools as (

    select * from {{ ref('int_experiments__tool_entries') }}

),

settings as (

    select timezone from {{ ref('stg_company__settings') }}

),

dated as (

    select
        tools.*,
        cast({{ local_time('tools.start_at', 'settings.timezone') }} as date) as start_date,
        cast({{ local_time('tools.end_at', 'settings.timezone') }} as date) as end_date,
        cast({{ local_time('tools.decided_at', 'settings.timezone') }} as date) as decision_date

    from tools
    cross join settings

),

matches as (

    select
        registry.project,
        registry.experiment_id,
        dated.source,
        dated.project as tool_project,
        dated.experiment_id as tool_experiment_id

    from registry
    inner join dated
        on
            dated.experiment_id in (registry.experiment_id, registry.flag_key)
            and coalesce(lower(registry.source_tool) = dated.source, true)

),

fillers as (

    select
        matches.project,
        matches.experiment_id,
        dated.name,
        dated.owner,
        dated.status,
        dated.hypothesis,
        dated.control,
        dated.primary_metric,
        dated.randomization_unit,
        dated.start_date,
        dated.end_date,
        dated.decision,
        dated.decision_date,
        dated.learning

    from matches
    inner join dated
        on
            matches.source = dated.source
            and matches.tool_project = dated.project
            and matches.tool_experiment_id = dated.experiment_id
    qualify row_number() over (
        partition by matches.project, matches.experiment_id
        order by
            matches.project = matches.tool_project desc, dated.source asc, matches.tool_project asc
    ) = 1

),

from_registry as (

    select
        registry.experiment_id,
        registry.project,
        coalesce(registry.name, fillers.name) as name,
        registry.area,
        coalesce(registry.owner, fillers.owner) as owner,
        coalesce(registry.status, fillers.status) as status,
        registry.type,
        coalesce(registry.hypothesis, fillers.hypothesis) as hypothesis,
        coalesce(registry.control, fillers.control) as control,
        registry.variants,
        coalesce(registry.primary_metric, fillers.primary_metric) as primary_metric,
        registry.secondary_metrics,
        registry.guardrails,
        coalesce(registry.randomization_unit, fillers.randomization_unit) as randomization_unit,
        coalesce(registry.start_date, fillers.start_date) as start_date,
        coalesce(registry.end_date, fillers.end_date) as end_date,
        registry.hypothesis_written_at,
        registry.planned_sample_size,
        registry.planned_duration_days,
        coalesce(registry.decision, fillers.decision) as decision,
        coalesce(registry.decision_date, fillers.decision_date) as decision_date,
        coalesce(registry.learning, fillers.learning) as learning,
        registry.prior_experiments,
        registry.duplicate_of,
        registry.flag_key,
        registry.link,
        registry.source

    from registry
    left join fillers
        on
            registry.project = fillers.project
            and registry.experiment_id = fillers.experiment_id

),

from_tools as (

    select
        dated.experiment_id,
        dated.project,
        dated.name,
        cast(null as varchar) as area,
        dated.owner,
        dated.status,
        'ab' as type,
        dated.hypothesis,
        dated.control,
        cast(dated.variants as varchar) as variants,
        dated.primary_metric,
        '[]' as secondary_metrics,
        '[]' as guardrails,
        dated.randomization_unit,
        dated.start_date,
        dated.end_date,
        cast(null as timestamp) as hypothesis_written_at,
        cast(null as bigint) as planned_sample_size,
        cast(null as bigint) as planned_duration_days,
        dated.decision,
        dated.decision_date,
        dated.learning,
        '[]' as prior_experiments,
        cast(null as varchar) as duplicate_of,
        cast(null as varchar) as flag_key,
        cast(null as varchar) as link,
        dated.source

    from dated
    anti join matches
        on
            dated.source = matches.source
            and dated.project = matches.tool_project
            and dated.experiment_id = matches.tool_experiment_id
    anti join registry
        on
            dated.project = registry.project
            and dated.experiment_id = registry.experiment_id
    -- two tools that use one key in one project speak of one experiment
    qualify row_number() over (
        partition by dated.project, dated.experiment_id
        order by dated.start_at desc nulls last, dated.source asc
    ) = 1

),

registered as (

    select * from from_registry
    union all by name
    select * from from_tools

)

select
    * exclude (decision_date),
    -- where no tool tells when it was decided, the end stands for it and is marked
    coalesce(decision_date, case when status = 'decided' then end_date end) as decided_on,
    decision_date is null
    and coalesce(status = 'decided', false)
    and end_date is not null as is_decided_on_end

from registered
