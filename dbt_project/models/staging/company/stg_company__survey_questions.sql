-- grain: one row per question of a pulse survey that asks for hours of a category
select
    source,
    project,
    category,
    question,
    is_about_last_week

from {{ source('company', 'survey_questions') }}
