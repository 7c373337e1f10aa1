-- grain: one row per record of the newest delivered Airtable view
with

source as (

    {{ live_rows('airtable', 'records', received='created_at') }}

),

renamed as (

    select
        coalesce(record_id, _identity) as record_id,
        'airtable' as source,
        _project as project,
        title,
        text as body,
        account,
        author,
        status,
        coalesce(tags, '[]') as tags,
        coalesce(fields, '{}') as fields,
        url,
        created_at,
        created_at as recorded_at

    from source

)

select * from renamed
