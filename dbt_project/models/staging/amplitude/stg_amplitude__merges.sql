-- grain: one row per merge of one Amplitude id into another
with

source as (

    {{ live_rows('amplitude', 'merges', received='merge_at') }}

),

renamed as (

    select
        _project as project,
        amplitude_id,
        merged_amplitude_id,
        merge_at as merged_at,
        _load_id as load_id

    from source

)

select * from renamed
