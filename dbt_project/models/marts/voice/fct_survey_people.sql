-- grain: one row per person whom a survey tool can ask
-- Only the last survey sent to a person is known, so a response rate is one of last surveys.
with

people as (

    select
        source,
        project,
        person_id,
        last_sent_at,
        last_responded_at
    from {{ ref('stg_delighted__people') }}

),

bounces as (

    select
        project,
        person_id,
        max(bounced_at) as last_bounced_at

    from {{ ref('stg_delighted__bounces') }}
    group by all

),

unsubscribes as (

    select
        project,
        person_id,
        max(unsubscribed_at) as unsubscribed_at

    from {{ ref('stg_delighted__unsubscribes') }}
    group by all

),

asked as (

    select
        people.source,
        people.project,
        people.person_id as respondent_id,
        people.last_sent_at,
        people.last_responded_at,
        bounces.last_bounced_at,
        unsubscribes.unsubscribed_at

    from people
    left join bounces
        on
            people.project = bounces.project
            and people.person_id = bounces.person_id
    left join unsubscribes
        on
            people.project = unsubscribes.project
            and people.person_id = unsubscribes.person_id

)

select * from asked
