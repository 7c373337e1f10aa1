-- grain: one row per LaunchDarkly flag, as last changed
with

source as (

    {{ live_rows('launchdarkly', 'flags', received='changed_at') }}

),

renamed as (

    select
        flag_key,
        'launchdarkly' as source,
        _project as project,
        name,
        kind,
        coalesce(variations, '[]') as variations,
        coalesce(environments, '{}') as environments,
        coalesce(tags, '[]') as tags,
        coalesce(is_temporary, false) as is_temporary,
        coalesce(is_archived, false) as is_archived,
        created_at,
        changed_at

    from source

)

select * from renamed
