-- grain: one row per ticket, with the area that its tags name
-- The first area in order of its key decides, so the same ticket is always routed alike; no tag
-- means the fallback.
with

tickets as (

    select
        source,
        project,
        ticket_id,
        tags
    from {{ ref('int_tickets__unioned') }}

),

areas as (

    select
        area,
        owner
    from {{ ref('stg_company__areas') }}

),

tagged as (

    select
        source,
        project,
        ticket_id,
        unnest(json_extract_string(tags, '$[*]')) as tag

    from tickets

),

matched as (

    select
        tagged.source,
        tagged.project,
        tagged.ticket_id,
        min(areas.area) as area

    from tagged
    inner join areas
        on
            lower(tagged.tag) in (
                lower(areas.area), 'area_' || lower(areas.area), 'area-' || lower(areas.area)
            )
    group by all

),

routed as (

    select
        tickets.source,
        tickets.project,
        tickets.ticket_id,
        matched.area,
        areas.owner,
        case when matched.area is not null then 'tag names the area' else 'fallback' end
            as routing_rule

    from tickets
    left join matched
        on
            tickets.source = matched.source
            and tickets.project = matched.project
            and tickets.ticket_id = matched.ticket_id
    left join areas
        on matched.area = areas.area

)

select * from routed
