-- grain: one row per seat of a delivered list and window
-- Lists of seats of any tool: generic files, Notion, Confluence, and Slack's members without guests
-- and bots, who are known by their name where the export has no addresses. Uses of any kind in a
-- window are at least one active day.
with

seats as (

    {% for tool_list in ['usage', 'notion', 'confluence'] -%}
        select
            source,
            project,
            seat_key,
            tool,
            user_email as login,
            days_active,
            events,
            views,
            edits,
            window_from_on,
            window_to_on,
            last_active_at
        from {{ ref('stg_' ~ tool_list ~ '__seats') }}

        union all by name

    {% endfor -%}
    select
        source,
        project,
        concat_ws('|', user_id, window_from_on, window_to_on) as seat_key,
        'slack' as tool,
        coalesce(email, lower(trim(name))) as login,
        days_active,
        window_from_on,
        window_to_on
    from {{ ref('stg_slack__members') }}
    where not is_guest and not is_bot

)

select
    source,
    project,
    seat_key,
    tool,
    login,
    case
        when days_active is not null then days_active
        when coalesce(events, 0) + coalesce(views, 0) + coalesce(edits, 0) > 0 then 1
        when coalesce(events, views, edits) is not null then 0
    end as days_active,
    window_from_on,
    window_to_on,
    last_active_at

from seats
where login is not null
