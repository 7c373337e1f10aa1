select who, count(*) as asks from {{ ref('stg_question_log__entries') }} where kind = 'asked' group by all
