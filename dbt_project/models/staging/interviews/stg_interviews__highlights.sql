-- grain: one row per highlight of an interview
with

source as (

    {{ live_rows('interviews', 'highlights', received='updated_at') }}

),

live_loads as (

    {{ live_loads('interviews', 'highlights') }}

),

-- every delivered row counts here, not only the live one: a withdrawal is never outlived by a copy
-- of the text in another file
withdrawn as (

    select
        records._project as project,
        records.interview_id,
        bool_or(records.is_deleted) as is_deleted

    from {{ source('interviews', 'highlights') }} as records
    semi join live_loads
        on records._load_id = live_loads.load_id
    where records.is_withheld
    group by all

),

renamed as (

    select
        source.interview_id,
        source.highlight_id,
        'interviews' as source,
        source._project as project,
        case when not coalesce(withdrawn.is_deleted, false) then source.participant_id end
            as participant_id,
        case when not coalesce(withdrawn.is_deleted, false) then source.account end as account,
        source.interviewer,
        source.theme,
        coalesce(source.tags, '[]') as tags,
        case when withdrawn.interview_id is null then source.quote end as quote,
        case when withdrawn.interview_id is null then source.note end as note,
        source.consent,
        withdrawn.interview_id is not null as is_withheld,
        source.interviewed_on,
        source.updated_at,
        coalesce(source.updated_at, cast(source.interviewed_on as timestamp)) as recorded_at

    from source
    left join withdrawn
        on source._project = withdrawn.project and source.interview_id = withdrawn.interview_id

)

select * from renamed
