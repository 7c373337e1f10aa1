{#
    Tables of which a load changes few rows. A model `materialized='incremental'` says in `told_anew` which rows have to be
    told anew (the keys are its scope); its query is then about these rows only. What differs is put in their place, and kept
    in `increments.<model>__changes`: the rows that went (`is_new` false) and those that came. Models further on, tests and
    publish go by these rows. Each increment equals the whole table built anew, which tests hold it to.

    Increments start from the last build that was published: one that did not end is thrown away, and so is what it remembers.
    Whoever calls dbt by hand gives --full-refresh.
#}

{# `increments.<model>__<what>`, beside a model that is given by its relation. #}
{% macro beside(relation, what) -%} increments."{{ relation.identifier }}__{{ what }}" {%- endmacro %}

{# Rows of a model that went or came in this build; none where it was built as a whole. #}
{% macro changes_of(relation) -%}{{ beside(relation, 'changes') }}{%- endmacro %}

{# A hook: the changes of these models are taken, so that a build in which one has no news does not read them again. #}
{% macro take_changes(names) -%}
    {%- for name in names %}
        delete from {{ changes_of(ref(name)) }};
    {%- endfor %}
{%- endmacro %}

{# Makes the scope of this model: `keys` is a query of the values of its column `scope` whose rows it tells anew. #}
{% macro told_anew(keys) -%}
    {%- if execute and is_incremental() -%}
        {%- do run_query(
            'create or replace table ' ~ beside(this, 'scope') ~ ' as select distinct ' ~ config.get('scope') ~ ' from (' ~ keys ~ ')'
        ) -%}
    {%- endif -%}
{%- endmacro %}

{# Whether a row is to be told anew, by its column of the model's scope; in a whole build all are. #}
{% macro in_scope(column) -%}
    {%- if is_incremental() -%} {{ column }} in (from {{ beside(this, 'scope') }}) {%- else -%} true {%- endif -%}
{%- endmacro %}

{# The same for a scope of days in the reporting zone, told before the zone is known: they lie within a day of their date in UTC. #}
{% macro near_scope(day, instant) -%}
    {%- if is_incremental() -%}
        cast({{ instant }} as date) in (select unnest([{{ day }} - 1, {{ day }}, {{ day }} + 1]) from {{ beside(this, 'scope') }})
    {%- else -%} true {%- endif -%}
{%- endmacro %}

{# A hook: keeps these models as they are now, for `unlike_last_time`. For tables that are small beside the events. #}
{% macro remember(names) -%}
    {%- for name in names %}
        create or replace table {{ beside(this, 'used_' ~ name) }} as from {{ ref(name) }};
    {%- endfor %}
{%- endmacro %}

{# What a remembered model says in these columns now and did not say when this model was built last, or the other way round. #}
{% macro unlike_last_time(name, columns) -%}
    {%- set columns = columns | join(', ') -%}
    (
        (select {{ columns }} from {{ ref(name) }} except select {{ columns }} from {{ beside(this, 'used_' ~ name) }})
        union
        (select {{ columns }} from {{ beside(this, 'used_' ~ name) }} except select {{ columns }} from {{ ref(name) }})
    )
{%- endmacro %}

{# Whether a row, by the first column of its grain, is one that the incremental model told in this build; of no model all are. #}
{% macro told_in_this_build(column, model_name) -%}
    {%- if model_name -%} {{ column }} in (select told.{{ column }} from {{ beside(ref(model_name), 'told') }} as told) {%- else -%} true {%- endif -%}
{%- endmacro %}
