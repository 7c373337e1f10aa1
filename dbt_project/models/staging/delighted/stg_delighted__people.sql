-- grain: one row per person whom Delighted can ask, as last exported
with

source as (

    {{ live_rows('delighted', 'people', received='changed_at') }}

),

renamed as (

    select
        -- ids
        person_id,
        'delighted' as source,
        _project as project,

        -- time
        created_at,
        last_sent_at,
        last_responded_at,
        next_survey_scheduled_at

    from source

)

select * from renamed
