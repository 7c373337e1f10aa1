-- grain: one row per party of a Gong call
with

calls as (

    select
        call_id,
        project,
        json_extract(parties, '$[*]') as parties
    from {{ ref('stg_gong__calls') }}

),

unnested as (

    select
        call_id,
        project,
        generate_subscripts(parties, 1) as party_number,
        unnest(parties) as party

    from calls

)

select
    call_id,
    project,
    party_number,
    json_extract_string(party, '$.id') as party_id,
    json_extract_string(party, '$.speakerId') as speaker_id,
    json_extract_string(party, '$.userId') as user_id,
    lower(trim(json_extract_string(party, '$.emailAddress'))) as email,
    coalesce(json_extract_string(party, '$.affiliation'), 'Unknown') as affiliation

from unnested
