-- grain: one row per load
with

source as (

    select * from {{ source('_ingestion', 'loads') }}

),

renamed as (

    select
        -- ids
        load_id,
        source,
        project,
        table_name,
        file_name,
        content_hash,
        state,

        -- measures
        records_seen,
        loaded,
        duplicate,
        superseded,
        quarantined,
        filtered,

        -- time
        first_event_at,
        last_event_at,
        first_upload_at,
        last_upload_at,
        committed_at

    from source

)

select * from renamed
