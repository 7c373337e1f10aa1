-- grain: one row per person, week and category of a pulse survey
-- Hours as people state them, for the week they answer in or the one before, as declared. The last
-- whole answer of a week counts; one that leaves a question blank, or whose hours no week has, is
-- none: a blank is not zero.
with

questions as (

    select
        *,
        lower(trim(question)) as asked_as,
        count(*) over (partition by source, project) as questions
    from {{ ref('stg_company__survey_questions') }}

),

settings as (

    select
        timezone,
        week_start
    from {{ ref('stg_company__settings') }}

),

-- each tool has its own form of an answer: a list of fields, a list of columns, or names and values
{% for source, taken_apart in [
    ('typeform', "json_extract(answers, '$[*]')"),
    ('qualtrics', "json_extract(answers, '$[*]')"),
    ('surveymonkey', "map_entries(json_transform(answers, '\"MAP(VARCHAR, VARCHAR)\"'))")
] -%}
    {{ source }} as (

        select
            source,
            project,
            response_id,
            respondent_id,
            responded_at,
            unnest({{ taken_apart }}) as answer
        from {{ ref('stg_' ~ source ~ '__responses') }}
        where source in (select questions.source from questions)

    ),

{% endfor %}answers as (

    select
        * exclude (answer),
        [
            lower(trim(answer ->> '$.field.ref')), lower(trim(answer ->> '$.field.id')),
            lower(trim(answer ->> '$.question'))
        ] as names,
        coalesce(
            answer ->> '$.number', answer ->> '$.text', answer ->> '$.choice.label'
        ) as written
    from typeform

    union all by name

    select
        * exclude (answer),
        [
            lower(trim(answer ->> '$.id')), lower(trim(answer ->> '$.name')),
            lower(trim(answer ->> '$.question'))
        ] as names,
        answer ->> '$.value' as written
    from qualtrics

    union all by name

    select
        * exclude (answer),
        [lower(trim(answer.key))] as names,
        answer.value as written
    from surveymonkey

),

stated as (

    select
        answers.source,
        answers.project,
        answers.response_id,
        lower(trim(answers.respondent_id)) as login,
        answers.responded_at,
        questions.category,
        questions.questions,
        questions.is_about_last_week,
        try_cast(replace(trim(answers.written), ',', '.') as double) as hours

    from answers
    inner join questions
        on
            answers.source = questions.source
            and coalesce(answers.project = questions.project, questions.project is null)
            and list_contains(answers.names, questions.asked_as)

),

whole as (

    select
        source,
        project,
        response_id,
        login,
        responded_at,
        is_about_last_week
    from stated
    group by all
    having
        count(distinct category) filter (where hours >= 0) = max(questions)
        and sum(hours) <= 168

),

logins as (

    {{ people_by_login() }}

),

dated as (

    select
        whole.source,
        whole.project,
        whole.response_id,
        whole.responded_at,
        logins.person_id,
        settings.week_start,
        cast({{ local_time('whole.responded_at', 'settings.timezone') }} as date)
        - case when whole.is_about_last_week then 7 else 0 end as told_on

    from whole
    cross join settings
    inner join logins
        on whole.login = logins.login

),

-- one answer per person and week, the last
weeks as (

    select
        source,
        project,
        response_id,
        person_id,
        {{ week_start_of('told_on', 'week_start') }} as week_start_on
    from dated
    qualify row_number() over (
        partition by person_id, {{ week_start_of('told_on', 'week_start') }}
        order by responded_at desc, source asc, project asc, response_id asc
    ) = 1

)

select
    weeks.person_id,
    weeks.week_start_on,
    stated.category,
    cast(round(3600 * max(stated.hours)) as bigint) as seconds

from weeks
inner join stated
    on
        weeks.source = stated.source
        and weeks.project = stated.project
        and weeks.response_id = stated.response_id
group by all
