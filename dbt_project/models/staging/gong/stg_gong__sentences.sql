-- grain: one row per sentence of a transcript
with

transcripts as (

    select
        call_id,
        project,
        json_extract(turns, '$[*]') as turns
    from {{ ref('stg_gong__transcripts') }}

),

turns as (

    select
        call_id,
        project,
        generate_subscripts(turns, 1) as turn_number,
        unnest(turns) as turn

    from transcripts

),

sentences as (

    select
        call_id,
        project,
        turn_number,
        json_extract_string(turn, '$.speakerId') as speaker_id,
        json_extract_string(turn, '$.topic') as topic,
        generate_subscripts(json_extract(turn, '$.sentences[*]'), 1) as sentence_number,
        unnest(json_extract(turn, '$.sentences[*]')) as sentence

    from turns

)

select
    call_id,
    project,
    turn_number,
    sentence_number,
    speaker_id,
    topic,
    json_extract_string(sentence, '$.text') as said,
    try_cast(json_extract_string(sentence, '$.start') as double) / 1000 as starts_after_seconds,
    try_cast(json_extract_string(sentence, '$.end') as double) / 1000 as ends_after_seconds

from sentences
