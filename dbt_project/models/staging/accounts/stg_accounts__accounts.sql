-- grain: one row per account of the lists in force
with

source as (

    {{ live_rows('accounts', 'accounts', received='cast(null as timestamp)') }}

),

renamed as (

    select
        account_id,
        'accounts' as source,
        _project as project,
        name,
        domain,
        plan,
        revenue,
        mrr,
        currency,
        owner,
        segment,
        start_date,
        end_date,
        coalesce(properties, '{}') as properties

    from source

)

select * from renamed
