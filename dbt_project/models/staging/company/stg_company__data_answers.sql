-- grain: one row per dashboard, card or report that answers a standard question
select
    source,
    dashboard_id,
    card_id,
    report,
    question

from {{ source('company', 'data_answers') }}
group by all
