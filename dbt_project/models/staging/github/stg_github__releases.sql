-- grain: one row per GitHub release, as last delivered
with

source as (

    {{ live_rows('github', 'releases', received='seen_at') }}

),

renamed as (

    select
        release_id,
        'github' as source,
        _project as project,
        repository,
        tag,
        name,
        body,
        is_draft,
        is_prerelease,
        author_login,
        url,
        assets,
        committed_at,
        published_at,
        published_at as recorded_at

    from source

)

select * from renamed
