-- grain: one row per transcript of a Gong call
with

source as (

    {{ live_rows('gong', 'transcripts') }}

),

renamed as (

    select
        call_id,
        'gong' as source,
        _project as project,
        turns,
        sentences,
        ends_after_ms

    from source

)

select * from renamed
