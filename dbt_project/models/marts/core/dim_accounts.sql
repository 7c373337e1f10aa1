-- grain: one row per account: of the list of accounts, of events, or of both
with

settings as (

    select identity_scope = 'company' as is_company_scope
    from {{ ref('stg_company__settings') }}

),

-- one list after another may know an account: the newest project's row, by name, stands
listed as (

    select *
    from {{ ref('stg_accounts__accounts') }}
    qualify row_number() over (partition by account_id order by project desc) = 1

),

events as (

    select
        account_key,
        person_key,
        occurred_at
    from {{ ref('fct_events') }}
    where account_key is not null and left_out_because is null

),

named as (

    select
        account_key,
        min(account_id) as account_id,
        min(group_type) as group_type
    from {{ ref('int_events__accounts') }}
    group by all

),

seen as (

    select
        account_key,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        count(*) as events,
        count(distinct person_key) as persons

    from events
    group by all

),

-- in project scope an account is known by its events alone; the list only describes it
keyed_list as (

    select
        {{ key_of("'g:' || listed.account_id") }} as account_key,
        listed.account_id
    from listed
    cross join settings
    left join named
        on listed.account_id = named.account_id
    where settings.is_company_scope or named.account_id is null

),

keys as (

    select
        account_key,
        account_id
    from named

    union

    select
        account_key,
        account_id
    from keyed_list

),

accounts as (

    select
        keys.account_key,
        keys.account_id,
        named.group_type,
        listed.name,
        listed.plan,
        listed.segment,
        listed.owner,
        listed.currency,
        listed.account_id is not null as is_listed,
        listed.revenue,
        listed.mrr,
        coalesce(seen.events, 0) as events,
        coalesce(seen.persons, 0) as persons,
        seen.first_seen_at,
        seen.last_seen_at,
        listed.start_date as started_on,
        listed.end_date as ended_on

    from keys
    left join named
        on keys.account_key = named.account_key
    left join listed
        on keys.account_id = listed.account_id
    left join seen
        on keys.account_key = seen.account_key

)

select * from accounts
