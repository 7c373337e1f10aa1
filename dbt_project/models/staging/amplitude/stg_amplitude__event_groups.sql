-- grain: one row per Amplitude event and group it belongs to
-- A group comes as one id or as a list of ids; here it is always one id a row.
with

source as (

    select
        _identity as event_id,
        _project as project,
        _load_id as load_id,
        cast(groups as json) as group_ids
    from {{ source('amplitude', 'events') }}
    where groups is not null and groups != '{}'

),

events as (

    select
        event_id,
        load_id
    from {{ ref('stg_amplitude__events') }}

),

kinds as (

    select
        source.event_id,
        source.project,
        source.group_ids,
        unnest(json_keys(source.group_ids)) as group_type

    from source
    semi join events
        on
            source.event_id = events.event_id
            and source.load_id = events.load_id

),

valued as (

    select
        event_id,
        project,
        group_type,
        cast(group_ids as map (varchar, json))[group_type] as ids
    from kinds

),

members as (

    select
        event_id,
        project,
        group_type,
        unnest(
            case
                when json_type(ids) = 'ARRAY' then json_extract_string(ids, '$[*]')
                else [json_extract_string(ids, '$')]
            end
        ) as group_id

    from valued

)

select
    event_id,
    project,
    group_type,
    group_id

from members
where group_id is not null
group by all
