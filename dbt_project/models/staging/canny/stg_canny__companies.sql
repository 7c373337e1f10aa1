-- grain: one row per Canny company, as last pulled
with

source as (

    {{ live_rows('canny', 'companies', received='created_at') }}

),

renamed as (

    select
        company_id,
        'canny' as source,
        _project as project,
        name,
        domain,
        member_count,
        monthly_spend,
        created_at

    from source

)

select * from renamed
