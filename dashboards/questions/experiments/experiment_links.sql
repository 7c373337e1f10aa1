-- grain: one row per experiment, prior that it names and grade

-- @temp asked_links
select
    links.experiment_id,
    citing.name,
    links.prior_id,
    priors.name as prior_name,
    links.kind,
    links.grade,
    links.verdict = 'valid' as counts,
    links.verdict,
    links.written_on,
    links.prior_ended_on

from marts.fct_experiment_links as links
left join marts.dim_experiments as citing
    on links.project = citing.project
    and links.experiment_id = citing.experiment_id
left join marts.dim_experiments as priors
    on links.prior_project = priors.project
    and links.prior_experiment_id = priors.experiment_id

where ($project is null or links.project = $project)
    and ($experiment is null or links.experiment_id = $experiment)
    and ($from_at is null or links.written_on >= cast($from_at as date))
    and ($to_at is null or links.written_on < cast($to_at as date))

-- @rows
select *
from asked_links
where $show = 'all' or counts = ($show = 'valid')
order by written_on desc nulls last, experiment_id, prior_id, grade

-- @summary
select
    count(*) as links,
    count(*) filter (where counts) as valid,
    count(*) filter (where verdict = 'itself') as to_itself,
    count(*) filter (where verdict = 'in a circle') as in_a_circle,
    count(*) filter (where verdict = 'not ended before') as not_ended_before,
    count(*) filter (where verdict = 'unknown experiment') as to_an_unknown_experiment,
    count(*) filter (where verdict = 'unknown kind') as of_an_unknown_kind,
    count(*) filter (where verdict = 'undated') as undated

from asked_links
