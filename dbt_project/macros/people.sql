{# One person per login in lower case, whatever a tool calls people by: an id goes before an address, an address before a name. #}
{% macro people_by_login() -%}
    select
        lower(login) as login,
        min_by(person_id, array_position(['id', 'email', 'name'], kind)) as person_id
    from {{ ref('int_people__logins') }}
    group by lower(login)
{%- endmacro %}
