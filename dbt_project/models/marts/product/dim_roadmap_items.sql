-- grain: one row per item of the roadmap lists in force
-- RICE = reach x impact x confidence / effort, of the allowed steps only: another value is told
-- with file and line, and the item has no score. The reach in `rice` is the written one; where the
-- item names a metric that the product counts, the question `roadmap` scores it by that.
with

items as (

    select * from {{ ref('stg_roadmap__items') }}

),

loads as (

    select
        load_id,
        file_name
    from {{ ref('stg_ingestion__loads') }}

),

experiments as (

    select distinct experiment_id from {{ ref('int_experiments__registered') }}

),

registry as (

    select count(*) > 0 as is_connected from experiments

),

features as (

    select distinct feature
    from {{ ref('dim_events') }}
    where value_event and feature is not null

),

arrived as (

    select distinct
        days.event_name,
        case when planned.value_event then planned.feature end as feature
    from {{ ref('fct_event_days') }} as days
    left join {{ ref('dim_events') }} as planned
        on days.event_name = planned.event_name

),

-- without a registry nobody can tell whether a linked experiment is one
linked_experiments as (

    select
        project,
        item_id,
        unnest(json_extract_string(experiment_ids, '$[*]')) as experiment_id
    from items

),

known_experiments as (

    select
        linked_experiments.project,
        linked_experiments.item_id,
        count(*) as known_links

    from linked_experiments
    cross join registry
    left join experiments
        on linked_experiments.experiment_id = experiments.experiment_id
    where experiments.experiment_id is not null or not registry.is_connected
    group by all

),

named as (

    select
        items.*,
        loads.file_name,
        case
            when lower(trim(items.reach_metric)) = 'active_users' then 'active_users'
            when starts_with(lower(items.reach_metric), 'feature:') then 'feature'
            when starts_with(lower(items.reach_metric), 'event:') then 'event'
            when trim(items.reach_metric) in (select features.feature from features) then 'feature'
            when items.reach_metric is not null then 'event'
        end as reach_kind,
        trim(regexp_replace(items.reach_metric, '^(feature|event):', '', 'i')) as reach_name

    from items
    left join loads
        on items.load_id = loads.load_id

),

checked as (

    select
        named.*,
        coalesce(case named.reach_kind
            when 'active_users' then exists (select 1 from arrived)
            when 'feature' then named.reach_name in (select arrived.feature from arrived)
            when 'event' then named.reach_name in (select arrived.event_name from arrived)
        end, false) as is_reach_counted,
        list_filter([
            case
                when named.impact not in (3, 2, 1, 0.5, 0.25)
                    then
                        'impact '
                        || printf('%g', named.impact)
                        || ' is none of 3, 2, 1, 0.5, 0.25'
            end,
            case
                when
                    list_min(list_transform(
                        [1.0, 0.8, 0.5], lambda step: abs(named.confidence - step)
                    )) > 1e-9
                    then
                        'confidence '
                        || printf('%g', named.confidence * 100)
                        || ' % is none of 100, 80, 50 %'
            end,
            case when named.effort_months <= 0 then 'effort is not above 0' end,
            case when named.reach < 0 then 'reach is below 0' end
        ], lambda problem: problem is not null) as problems

    from named

)

select
    checked.project || '|' || checked.item_id as roadmap_item_id,
    checked.item_id,
    checked.source,
    checked.project,
    {{ redacted('checked.title') }} as title_redacted,
    checked.area,
    checked.owner,
    checked.status,
    case
        when
            lower(trim(checked.status)) in (
                'done', 'shipped', 'released', 'launched', 'live', 'complete', 'completed'
            )
            then 'done'
        when
            lower(trim(checked.status)) in (
                'cancelled', 'canceled', 'rejected', 'dropped', 'archived', 'declined', 'won''t do'
            )
            then 'dropped'
        else 'planned'
    end as stage,
    checked.timeframe,
    checked.start_on,
    checked.end_on,
    checked.release,
    checked.reach,
    coalesce(checked.reach_is_measured, false) as is_reach_stated,
    checked.is_reach_counted,
    checked.reach_kind,
    case when checked.reach_kind in ('feature', 'event') then checked.reach_name end as reach_name,
    checked.impact,
    checked.confidence,
    checked.effort_months,
    case
        when len(checked.problems) = 0
            then
                checked.impact * checked.confidence / nullif(checked.effort_months, 0)
    end as rice_per_person,
    case
        when len(checked.problems) = 0
            then
                checked.reach
                * checked.impact
                * checked.confidence
                / nullif(checked.effort_months, 0)
    end as rice,
    case
        when len(checked.problems) > 0
            then
                coalesce(checked.file_name, 'roadmap')
                || ':'
                || checked.line
                || ': '
                || array_to_string(checked.problems, '; ')
    end as rice_problem,
    len(json_extract_string(checked.feedback_ids, '$[*]')) as feedback_links,
    len(json_extract_string(checked.experiment_ids, '$[*]')) as experiment_links,
    coalesce(known_experiments.known_links, 0) as known_experiment_links,
    len(json_extract_string(checked.metric_ids, '$[*]')) as metric_links,
    checked.created_at,
    checked.updated_at

from checked
left join known_experiments
    on checked.project = known_experiments.project and checked.item_id = known_experiments.item_id
