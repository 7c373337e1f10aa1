-- grain: one row per session with an event that is counted
-- Its walk: its events in their order, the same one again and again told once. Each row knows when
-- the session of that person before it began that took the same first steps: whether it is the
-- first of a stretch of time is told by the row, so that people are counted without telling them
-- apart. Sorted by time: questions read a range of it.
{{ config(
    materialized='incremental',
    unique_key='session_id',
    scope='person_key',
) }}

{% set keys %}
    select person_key from {{ changes_of(ref('fct_events')) }}
{% endset %}
{{ told_anew(keys) }}

with

events as (

    select
        session_id,
        event_name,
        occurred_at,
        event_id
    from {{ ref('fct_events') }}
    where session_id is not null and left_out_because is null and {{ in_scope('person_key') }}

),

-- A name becomes its place in the alphabet, and an event one number that sorts by time, then by
-- event id, and holds the name: sorting rows with texts takes twice as long.
names as (

    select
        event_name,
        row_number() over (order by event_name) as code
    from events
    group by event_name

),

alphabet as (

    select list(event_name order by code) as names
    from names

),

tied as (

    select
        session_id,
        occurred_at
    from events
    group by all
    having count(*) > 1

),

placed as (

    select
        events.session_id,
        events.event_name,
        events.occurred_at,
        0 as place

    from events

    anti join tied
        on events.session_id = tied.session_id and events.occurred_at = tied.occurred_at

    union all

    select
        events.session_id,
        events.event_name,
        events.occurred_at,
        row_number() over (
            partition by events.session_id, events.occurred_at
            order by events.event_id
        ) as place

    from events

    semi join tied
        on events.session_id = tied.session_id and events.occurred_at = tied.occurred_at

),

in_order as (

    select
        placed.session_id,
        list_sort(list(
            (cast(epoch_us(placed.occurred_at) as hugeint) * 65536 + placed.place) * 16777216
            + names.code
        )) as numbers

    from placed
    inner join names
        on placed.event_name = names.event_name
    group by all

),

coded as (

    select
        session_id,
        list_transform(numbers, lambda number: cast(number & 16777215 as integer)) as codes
    from in_order

),

walks as (

    select
        session_id,
        list_select(codes, list_filter(
            range(1, len(codes) + 1), lambda n: codes[n] is distinct from codes[n - 1]
        )) as codes
    from coded

),

sessions as (

    select
        session_id,
        person_key,
        source,
        project,
        counted_from_at,
        counted_to_at
    from {{ ref('fct_sessions') }}
    where counted_from_at is not null and {{ in_scope('person_key') }}

),

begun as (

    select
        sessions.*,
        walks.codes[1] as code_1,
        walks.codes[2] as code_2,
        walks.codes[3] as code_3

    from sessions
    inner join walks
        on sessions.session_id = walks.session_id

),

followed as (

    select
        *,
        lag(counted_from_at) over (
            partition by person_key
            order by counted_from_at, session_id
        ) as previous_at,
        lag(counted_from_at) over (
            partition by person_key, code_1
            order by counted_from_at, session_id
        ) as previous_1_at,
        lag(counted_from_at) over (
            partition by person_key, code_1, code_2
            order by counted_from_at, session_id
        ) as previous_2_at,
        lag(counted_from_at) over (
            partition by person_key, code_1, code_2, code_3
            order by counted_from_at, session_id
        ) as previous_3_at
    from begun

),

-- the walks come last: a window carries every column of its rows
spelled as (

    select
        followed.session_id,
        followed.person_key,
        followed.source,
        followed.project,
        followed.counted_from_at,
        followed.counted_to_at,
        alphabet.names[followed.code_1] as event_1,
        alphabet.names[followed.code_2] as event_2,
        alphabet.names[followed.code_3] as event_3,
        list_select(alphabet.names, walks.codes) as events,
        followed.previous_at,
        followed.previous_1_at,
        followed.previous_2_at,
        followed.previous_3_at

    from followed
    inner join walks
        on followed.session_id = walks.session_id
    cross join alphabet

)

select * from spelled
order by counted_from_at, session_id
