{#
    The tracking plan against what arrives. What depends on names and keys is judged once per distinct name or shape; only
    values that their declaration asks about are looked at event by event.
#}

{#
    The shape of an event: its name, the keys of its bag in their order and the JSON type of each value, as one number. Events
    of one shape get the same verdict about keys and types. Only ever compared inside one build.
#}
{% macro event_shape(name, bag) -%}
    {%- set text = "coalesce(" ~ bag ~ ", '{}')" -%}
    {%- set start -%}
        {{ name }}, case when starts_with({{ text }}, '{') then '{' else left(ltrim({{ text }}), 1) end
    {%- endset -%}
    {#- one `try` around the number: around the lists it would cost a fifth more -#}
    coalesce(try(hash({{ start }}, json_keys({{ text }}), json_type({{ text }}, '$.*'))), hash({{ start }}))
{%- endmacro %}

{#
    Keys of each shape, with their place in the bag. `sight_key` stands for source, event name, key and type: what is judged once
    for all shapes. A key given twice is one key.
#}
{% macro shape_properties() -%}
    select
        source,
        source_event_name,
        shape_key,
        events,
        property,
        json_type,
        place,
        hash(source, source_event_name, property, json_type) as sight_key

    from (
        select
            source,
            source_event_name,
            shape_key,
            events,
            property_names,
            unnest(property_names) as property,
            unnest(json_types) as json_type,
            unnest(range(1, len(property_names) + 1)) as place
        from {{ ref('int_events__shapes') }}
    ) as unnested
    where list_position(property_names, property) = place
{%- endmacro %}

{# The name under which everything is counted that is past the number of names (or keys) kept apart. #}
{% macro other_unregistered() -%}'(other unregistered)'{%- endmacro %}

{# A key of a bag as a JSON pointer: a path with quotes, dots and blanks in it would be read as something else. #}
{% macro json_pointer(key) -%}
    '/' || replace(replace({{ key }}, '~', '~0'), '/', '~1')
{%- endmacro %}

{# A name without case, accents, separators and invisible marks; null where nothing is left. #}
{% macro folded(name) -%}
    nullif(regexp_replace(lower(strip_accents(nfc_normalize({{ name }}))), '[^\pL\pN]', '', 'g'), '')
{%- endmacro %}

{# Words in lower case joined by underscores: an event's name has two or more, a key may have one. #}
{% macro breaks_event_convention(name) -%}
    (
        not regexp_full_match({{ name }}, '[a-z][a-z0-9]*(_[a-z0-9]+)+')
        and not starts_with({{ name }}, '$')
        and not starts_with({{ name }}, '[')
    )
{%- endmacro %}

{% macro breaks_key_convention(key) -%}
    not regexp_full_match({{ key }}, '[a-z][a-z0-9]*(_[a-z0-9]+)*')
{%- endmacro %}

{#
    What a name is made of where it carries an id, an address or a number: `view_item_123` is `view_item_{id}`.
    Every mark of a person or a machine is replaced, so a pattern can be shown.
#}
{% macro name_pattern(name) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace({{ name }}, '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+', '{email}', 'g'),
            '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}', '{id}', 'g'
        ),
        '[0-9a-f]{12,}|[0-9]+', '{id}', 'g'
    )
{%- endmacro %}

{# A version with its three numbers (`2` is `2.0.0`), or null where the text is no version. #}
{% macro semver(text) -%}
    (case
        when regexp_full_match({{ text }}, '[0-9]{1,9}([.][0-9]{1,9}){0,2}')
            then list_resize(list_transform(string_split({{ text }}, '.'), lambda part: cast(part as integer)), 3, 0)
    end)
{%- endmacro %}

{#
    How a JSON type stands to a declared one: `fits`, `breaks`, or `by_value` where the value itself decides (a number that
    may be whole, a text that may be a time, a text that the plan lets pass for a number).
#}
{% macro type_fit(type, json_type, is_cast) -%}
    case {{ type }}
        when 'string' then case
            when {{ json_type }} = 'VARCHAR' then 'fits'
            when {{ is_cast }} and {{ json_type }} not in ('ARRAY', 'OBJECT', 'NULL') then 'fits'
            else 'breaks'
        end
        when 'integer' then case
            when {{ json_type }} in ('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT') then 'fits'
            when {{ json_type }} = 'DOUBLE' or ({{ is_cast }} and {{ json_type }} = 'VARCHAR') then 'by_value'
            else 'breaks'
        end
        when 'number' then case
            when {{ json_type }} in ('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') then 'fits'
            when {{ is_cast }} and {{ json_type }} = 'VARCHAR' then 'by_value'
            else 'breaks'
        end
        when 'boolean' then case
            when {{ json_type }} = 'BOOLEAN' then 'fits'
            when {{ is_cast }} and {{ json_type }} = 'VARCHAR' then 'by_value'
            else 'breaks'
        end
        when 'timestamp' then case
            when {{ json_type }} = 'VARCHAR' then 'by_value'
            when {{ is_cast }} and {{ json_type }} in ('UBIGINT', 'DOUBLE') then 'fits'
            else 'breaks'
        end
        when 'list' then case when {{ json_type }} = 'ARRAY' then 'fits' else 'breaks' end
        when 'object' then case when {{ json_type }} = 'OBJECT' then 'fits' else 'breaks' end
        else 'fits'
    end
{%- endmacro %}

{# Whether a value, as text and (where one is asked for) as number, is of a type that its JSON type leaves open. #}
{% macro value_fits(type, value, number) -%}
    case {{ type }}
        when 'integer' then coalesce(isfinite({{ number }}) and {{ number }} % 1 = 0, false)
        when 'number' then coalesce(isfinite({{ number }}), false)
        when 'boolean' then lower({{ value }}) in ('true', 'false')
        when 'timestamp' then try_cast({{ value }} as timestamptz) is not null
        else true
    end
{%- endmacro %}

{# A value as text under which equal values are equal: 1, 1.0 and, where cast, "1" are one number. #}
{% macro comparable(type, value) -%}
    case
        when {{ type }} in ('integer', 'number') then cast(try_cast({{ value }} as double) as varchar)
        when {{ type }} = 'boolean' then lower({{ value }})
        else {{ value }}
    end
{%- endmacro %}

{#
    Whether a value matches the pattern of its declaration, null where the pattern is none that this engine reads. The patterns
    of the plan are written into the statement: read from a column each would be compiled anew for every row (30
    microseconds instead of 0.1).
#}
{% macro matches_pattern(value, pattern) -%}
    {%- set patterns = [] -%}
    {%- if execute and model.resource_type == 'model' -%}
        {%- set patterns = run_query(
            "select distinct pattern from " ~ ref('stg_company__plan_properties')
            ~ " where try(regexp_full_match('', pattern)) is not null order by pattern"
        ).columns[0].values() -%}
    {%- endif -%}
    {%- if patterns -%}
        case {{ pattern }}
            {%- for text in patterns %}
            when {{ dbt.string_literal(dbt.escape_single_quotes(text)) }}
                then regexp_full_match({{ value }}, {{ dbt.string_literal(dbt.escape_single_quotes(text)) }})
            {%- endfor %}
        end
    {%- else -%}
        cast(null as boolean)
    {%- endif -%}
{%- endmacro %}

{# The rules that an event can break; the plan may give each a mode. #}
{% macro taxonomy_rules() -%}
    {{- [
        'unplanned_event', 'unplanned_property', 'additional_property', 'required_missing', 'type_mismatch', 'value_not_allowed',
        'deprecated_event_seen', 'planned_event_not_seen', 'version_out_of_date', 'name_convention', 'near_duplicate_name',
        'pii_in_free_text', 'unknown'
    ] | join(' ') -}}
{%- endmacro %}

{# Whether a list of rules, joined by commas, has one in it. #}
{% macro breaks_rule(violations, rule) -%}
    contains(',' || {{ violations }} || ',', ',{{ rule }},')
{%- endmacro %}

{# How the version that an event names is found in its bag: for the CTE `settings` of a model that asks `written_version`. #}
{% macro version_keys(version_property) -%}
    '"' || {{ version_property }} || '"' as version_needle,
    {{ json_pointer(version_property) }} as version_pointer
{%- endmacro %}

{# The version that an event names, as it is written; most bags are not opened for it. No version is longer than 30 characters. #}
{% macro written_version(bag) -%}
    case
        when contains({{ bag }}, settings.version_needle)
            then left(json_extract_string({{ bag }}, settings.version_pointer), 30)
    end
{%- endmacro %}

{# A written version with its three numbers; what is no version is one label. #}
{% macro event_version(written) -%}
    case
        when {{ written }} is null then null
        when {{ semver(written) }} is null then '(other)'
        else array_to_string({{ semver(written) }}, '.')
    end
{%- endmacro %}

{#
    Platforms and versions are labels for people: the 50 frequent ones of each source are kept, the rest is one label, so that
    an id in the wrong place does not make a row per event. `frequent_labels` is a CTE to join, `shown_label` what is shown.
#}
{% macro frequent_labels(relation, label) -%}
    select
        source,
        {{ label }}
    from {{ relation }}
    where {{ label }} is not null
    group by source, {{ label }}
    qualify row_number() over (partition by source order by sum(events) desc, {{ label }} asc) <= 50
{%- endmacro %}

{% macro shown_label(label, frequent) -%}
    case when {{ label }} is not null then coalesce({{ frequent }}, '(other)') end
{%- endmacro %}
