with events as (select * from {{ ref('stg_events__events') }}),
merges as (
    select user_id, max(json_extract_string(properties, '$.same_as')) as same_as
    from events where source_event_name = 'merged' group by all
)
select
    events.* replace (coalesce(merges.same_as, events.user_id) as user_id), events.user_id as delivered_user_id,
    lower(events.source_event_name) as event_name
from events left join merges on events.user_id = merges.user_id
