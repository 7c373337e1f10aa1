{# Staging of forms that several sources deliver with the same columns: a model says only whose they are. #}

{# Seats of a tool, as lists of them tell. #}
{% macro seat_rows(source_name) %}
with

source as (

    {{ live_rows(source_name, 'seats', received='last_active_at') }}

),

renamed as (

    select
        seat_key,
        '{{ source_name }}' as source,
        _project as project,
        tool,
        lower(trim(user_email)) as user_email,
        user_email as user_email_as_delivered,
        seat_type,
        seat_status,
        events,
        days_active,
        views,
        edits,
        window_from as window_from_on,
        window_to as window_to_on,
        listed_on,
        seat_assigned_at,
        last_active_at,
        last_active_at as recorded_at

    from source

)

select * from renamed
{% endmacro %}

{# Uses of a tool, one by one. #}
{% macro use_rows(source_name) %}
with

source as (

    {{ live_rows(source_name, 'events', received='occurred_at') }}

),

renamed as (

    select
        coalesce(event_id, _identity) as event_id,
        '{{ source_name }}' as source,
        _project as project,
        tool,
        lower(trim(user_email)) as user_email,
        user_email as user_email_as_delivered,
        asset_id,
        action,
        status,
        duration_ms,
        result_rows,
        occurred_at,
        occurred_at as recorded_at

    from source

)

select * from renamed
{% endmacro %}

{# Time entries of a tracker: the columns that every tracker tells; `more` names those that only one does. #}
{% macro time_entry_rows(source_name, more=[]) %}
with

source as (

    {{ live_rows(source_name, 'entries') }}

),

renamed as (

    select
        _identity as entry_id,
        '{{ source_name }}' as source,
        _project as project,
        lower(trim(email)) as email,
        user_name,
        {%- for column in more %}
        {{ column }},
        {%- endfor %}
        client,
        project as work_project,
        task,
        description,
        coalesce(tags, '[]') as tags,
        is_billable,
        amount,
        currency,
        start_at,
        end_at,
        duration_seconds,
        start_at as recorded_at

    from source

)

select * from renamed
{% endmacro %}
