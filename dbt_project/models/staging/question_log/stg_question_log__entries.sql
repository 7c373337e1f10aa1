-- grain: one row per entry of the question log
with

source as (

    {{ live_rows('question_log', 'entries', received='"at"') }}

),

renamed as (

    select
        _identity as entry_id,
        'question_log' as source,
        _project as project,
        ask_id,
        kind,
        coalesce(nullif(trim(who), ''), 'unknown') as who,
        question,
        channel,
        refines,
        complete,
        about,
        "at" as logged_at  -- noqa: RF06

    from source

)

select * from renamed
