-- grain: one row per ask: its first complete answer, its confirmation, and the answer that was
-- confirmed
-- A view in a BI tool is an ask that is answered by what it shows; a ticket is one that its
-- resolution answers. `who` is a person of the roster, else whatever the source calls them.
with

entries as (

    select * from {{ ref('stg_question_log__entries') }}

),

asked as (

    select
        project,
        ask_id,
        min_by(who, { 'logged_at': logged_at, 'entry_id': entry_id }) as who,
        min_by(question, { 'logged_at': logged_at, 'entry_id': entry_id }) as question,
        min_by(channel, { 'logged_at': logged_at, 'entry_id': entry_id }) as channel,
        min_by(refines, { 'logged_at': logged_at, 'entry_id': entry_id }) as refines,
        min_by(about, { 'logged_at': logged_at, 'entry_id': entry_id }) as about,
        min(logged_at) as asked_at

    from entries
    where kind = 'asked'
    group by all

),

answers as (

    select
        project,
        ask_id,
        coalesce(min(logged_at) filter (where complete), min(logged_at)) as answered_at,
        bool_or(coalesce(complete, false)) as complete

    from entries
    where kind = 'answered'
    group by all

),

confirmations as (

    select
        project,
        ask_id,
        min(logged_at) as confirmed_at
    from entries
    where kind = 'confirmed'
    group by all

),

confirmed_answers as (

    select
        confirmations.project,
        confirmations.ask_id,
        confirmations.confirmed_at,
        max(entries.logged_at) as confirmed_answer_at

    from confirmations
    inner join entries
        on
            confirmations.project = entries.project
            and confirmations.ask_id = entries.ask_id
            and entries.kind = 'answered'
            and entries.complete
            and confirmations.confirmed_at >= entries.logged_at
    group by all

),

logged as (

    select
        asked.project,
        asked.ask_id,
        asked.who,
        asked.question,
        asked.channel,
        nullif(asked.refines, '') as refines,
        asked.about,
        asked.asked_at,
        answers.answered_at,
        coalesce(answers.complete, false) as complete,
        confirmed_answers.confirmed_at,
        confirmed_answers.confirmed_answer_at

    from asked
    left join answers
        on asked.project = answers.project and asked.ask_id = answers.ask_id
    left join confirmed_answers
        on asked.project = confirmed_answers.project and asked.ask_id = confirmed_answers.ask_id

),

views as (

    select
        project,
        view_id as ask_id,
        lower(email) as who,
        question,
        source as channel,
        seen_from_at as asked_at,
        answered_at,
        complete
    from {{ ref('int_questions__views') }}

),

tickets as (

    select
        project,
        concat_ws('|', source, 'ticket', ticket_id) as ask_id,
        coalesce(email, person_name) as who,
        question,
        'ticket' as channel,
        created_at as asked_at,
        resolved_at as answered_at,
        resolved_at is not null as complete
    from {{ ref('int_questions__tickets') }}
    where question is not null

),

asks as (

    select * from logged
    union all by name
    select * from views
    union all by name
    select * from tickets

),

logins as (

    select
        login,
        min_by(person_id, array_position(['id', 'email', 'name'], kind)) as person_id
    from {{ ref('int_people__logins') }}
    group by all

)

select
    asks.project,
    asks.ask_id,
    coalesce(ids.person_id, others.person_id, asks.who, 'unknown') as who,
    asks.question,
    asks.channel,
    asks.refines,
    asks.about,
    asks.asked_at,
    asks.answered_at,
    asks.complete,
    asks.confirmed_at,
    asks.confirmed_answer_at

from asks
left join logins as ids
    on asks.who = ids.login
left join logins as others
    on lower(asks.who) = others.login
