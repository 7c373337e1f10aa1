-- grain: one row per experiment, prior that it names as written, and grade
-- K2b. Grade A is a declared link, B an id, flag key or address in the hypothesis that could not be
-- a word of the sentence. Whether a link is valid is told by dates, never by the as-of instant.
with

settings as (

    select timezone from {{ ref('dim_settings') }}

),

registry as (

    select
        entries.project || '|' || entries.experiment_id as experiment_key,
        entries.project,
        entries.experiment_id,
        lower(entries.hypothesis) as hypothesis,
        entries.prior_experiments,
        entries.status,
        entries.flag_key,
        regexp_replace(lower(trim(entries.link)), '/+$', '') as address,
        entries.end_date,
        cast(
            {{ local_time('entries.hypothesis_written_at', 'settings.timezone') }} as date
        ) as written_on

    from {{ ref('int_experiments__registered') }} as entries
    cross join settings

),

-- the id names an experiment; a flag key or an address does where it is nobody's id and one entry's
spellings as (

    select
        experiment_id as written,
        experiment_key,
        project,
        'id' as kind
    from registry

    union

    select
        flag_key as written,
        experiment_key,
        project,
        'key' as kind
    from registry
    where nullif(trim(flag_key), '') is not null

    union

    select
        address as written,
        experiment_key,
        project,
        'address' as kind
    from registry
    where contains(address, '://')

),

ids as (

    select written from spellings
    where kind = 'id'

),

named as (

    select spellings.*
    from spellings
    where spellings.kind = 'id' or spellings.written not in (select ids.written from ids)

),

-- of several projects the entry of one's own is meant
counted as (

    select
        written,
        count(distinct experiment_key) as experiments
    from named
    group by all

),

prior_entries as (

    select
        experiment_key,
        unnest(json_extract(prior_experiments, '$[*]')) as entry

    from registry

),

declared as (

    select
        experiment_key,
        trim(coalesce(entry ->> '$.id', entry ->> '$.experiment_id', entry ->> '$')) as prior_id,
        lower(trim(coalesce(entry ->> '$.kind', 'builds_on'))) as kind,
        'A' as grade

    from prior_entries

),

in_text as (

    select
        registry.experiment_key,
        named.written as prior_id,
        'builds_on' as kind,
        'B' as grade

    from registry
    inner join named
        on
            registry.experiment_key != named.experiment_key
            and contains(registry.hypothesis, lower(named.written))
            and case named.kind
                when 'address'
                    then
                        regexp_matches(
                            registry.hypothesis,
                            regexp_escape(named.written) || '/?($|[^a-z0-9/_-])'
                        )
                else
                    regexp_matches(named.written, '[A-Za-z]')
                    and regexp_matches(named.written, '[0-9_-]')
                    and regexp_matches(
                        registry.hypothesis,
                        '(^|[^a-z0-9_-])'
                        || regexp_escape(lower(named.written))
                        || '($|[^a-z0-9_-])'
                    )
            end
    where not exists (
        select 1 from spellings as own
        where own.experiment_key = registry.experiment_key and own.written = named.written
    )

),

written_links as (

    select * from declared
    where prior_id is not null

    union

    select * from in_text

),

resolved as (

    select
        written_links.experiment_key,
        written_links.prior_id,
        written_links.kind,
        written_links.grade,
        priors.experiment_key as prior_key

    from written_links
    inner join registry as citing
        on written_links.experiment_key = citing.experiment_key
    left join counted
        on
            written_links.prior_id = counted.written
            or lower(rtrim(written_links.prior_id, '/')) = counted.written
            and contains(counted.written, '://')
    left join named as priors
        on
            counted.written = priors.written
            and (counted.experiments = 1 or citing.project = priors.project)

),

declared_pairs as (

    select distinct
        experiment_key,
        prior_key
    from resolved
    where
        grade = 'A'
        and prior_key is not null
        and kind in ('builds_on', 'contradicts', 'replicates', 'ruled_out')

),

reached as (

    with recursive walk as (

        select
            experiment_key,
            prior_key
        from declared_pairs

        union

        select
            walk.experiment_key,
            declared_pairs.prior_key
        from walk
        inner join declared_pairs
            on walk.prior_key = declared_pairs.experiment_key

    )

    select * from walk

),

judged as (

    select
        citing.experiment_id,
        citing.project,
        resolved.prior_id,
        priors.experiment_id as prior_experiment_id,
        priors.project as prior_project,
        resolved.kind,
        resolved.grade,
        case
            when resolved.kind not in ('builds_on', 'contradicts', 'replicates', 'ruled_out')
                then 'unknown kind'
            when resolved.prior_key is null then 'unknown experiment'
            when resolved.prior_key = resolved.experiment_key then 'itself'
            when reached.prior_key is not null then 'in a circle'
            when
                citing.written_on is null
                or (priors.end_date is null and priors.status in ('stopped', 'decided'))
                then 'undated'
            when priors.end_date < citing.written_on then 'valid'
            else 'not ended before'
        end as verdict,
        citing.written_on,
        priors.end_date as prior_ended_on

    from resolved
    inner join registry as citing
        on resolved.experiment_key = citing.experiment_key
    left join registry as priors
        on resolved.prior_key = priors.experiment_key
    left join reached
        on
            resolved.prior_key = reached.experiment_key
            and resolved.experiment_key = reached.prior_key

)

select *
from judged
-- the same prior named twice with different kinds is one link, the valid one first
qualify row_number() over (
    partition by project, experiment_id, prior_id, grade
    order by verdict = 'valid' desc, verdict asc, kind asc
) = 1
