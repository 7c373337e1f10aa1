-- grain: one row per Productboard note, relation and what it is linked to
with

notes as (

    select
        note_id,
        project,
        relationships
    from {{ ref('stg_productboard__notes') }}

),

links as (

    select
        note_id,
        project,
        unnest(json_extract(relationships, '$[*]')) as link

    from notes

)

select
    note_id,
    project,
    coalesce(json_extract_string(link, '$.relation'), '') as relation,
    coalesce(json_extract_string(link, '$.type'), '') as target_type,
    json_extract_string(link, '$.id') as target_id,
    max(json_extract_string(link, '$.importance')) as importance

from links
where json_extract_string(link, '$.id') is not null
group by all
