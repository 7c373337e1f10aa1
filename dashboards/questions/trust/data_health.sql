-- grain: one row per source and project

-- @temp health
select
    fct_loads.source,
    fct_loads.project,
    max(fct_loads.committed_at) as last_loaded_at,
    max(fct_loads.last_event_at) as last_event_at,
    cast(sum(fct_loads.records_seen) as bigint) as records_seen,
    cast(sum(fct_loads.loaded) as bigint) as loaded,
    cast(sum(fct_loads.duplicate) as bigint) as duplicate,
    cast(sum(fct_loads.superseded) as bigint) as superseded,
    cast(sum(fct_loads.quarantined) as bigint) as quarantined,
    cast(sum(fct_loads.filtered) as bigint) as filtered,
    count(*) filter (where fct_loads.state = 'rejected') as rejected_files

from marts.fct_loads

where fct_loads.source is not null
    and ($project is null or fct_loads.project = $project)
    and ($source is null or fct_loads.source = $source)

group by all

-- @rows
select
    health.*,
    case
        when health.rejected_files > 0 then 'rejected'
        when health.quarantined > 0 then 'partial'
        -- Exposures and outcomes end with their experiment, and nobody has to ask a question every day.
        when
            health.last_event_at < $as_of - interval 72 hours
            and health.source not in ('exposures', 'outcomes', 'question_log')
            then 'late'
        else 'ok'
    end as status

from health

order by health.source, health.project

-- @summary
select
    count(*) as sources,
    max(last_loaded_at) as last_loaded_at,
    max(last_event_at) as last_event_at,
    cast(coalesce(sum(records_seen), 0) as bigint) as records_seen,
    cast(coalesce(sum(quarantined), 0) as bigint) as quarantined

from health
