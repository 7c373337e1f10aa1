-- grain: one row per use of a tool that a source shows
with

rules as (

    select
        tool,
        app_id
    from {{ ref('stg_company__tool_usage') }}
    where source = 'okta'

),

sign_ins as (

    select
        actor_login,
        app_id,
        published_at
    from {{ ref('stg_okta__events') }}
    where event_type = 'user.authentication.sso' and outcome = 'SUCCESS'

),

uses as (

    select
        rules.tool,
        sign_ins.actor_login as email,
        sign_ins.published_at as used_at

    from sign_ins
    inner join rules
        on sign_ins.app_id = rules.app_id

)

select *
from uses
group by all
