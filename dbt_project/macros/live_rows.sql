{#
    The live row rule, which ingestion counts by and a gate compares: among rows of live loads with the same identity, the
    greatest received time wins, then the greatest payload hash. Equal rows are the same record; the first load keeps it.
#}

{# One row per load whose rows count, of one source table. #}
{% macro live_loads(source_name, table_name) -%}
    select loads.load_id
    from {{ source('_ingestion', 'loads') }} as loads
    where loads.source = '{{ source_name }}' and loads.table_name = '{{ table_name }}' and loads.state = 'live'
{%- endmacro %}

{# Live rows of a small table, computed as a whole each time. `received` is the contract's received column or `null`. #}
{% macro live_rows(source_name, table_name, received='cast(null as timestamp)') -%}
    select records.*
    from {{ source(source_name, table_name) }} as records
    semi join ({{ live_loads(source_name, table_name) }}) as live_loads
        on records._load_id = live_loads.load_id
    qualify row_number() over (
        partition by records._identity
        order by {{ received }} desc nulls last, records._payload_hash desc, records._load_id, records._line
    ) = 1
{%- endmacro %}

{#
    CTEs from `renamed` (typed event rows with load_id, received_at and payload_hash) to `live` (one row per event_id).
    Incremental by load: a new load meets only the rows it competes with. When a load was replaced since the last build,
    its beaten rivals must come back, and they are only in raw: then all live loads are read again.
    The wide rows pass a window function only where an id really is repeated; on a million events that halves the time.
#}
{% macro live_event_ctes(source_name, table_name='events', has_second_key=false) %}
live_loads as (

    {{ live_loads(source_name, table_name) }}

),

{% if is_incremental() %}
loads_to_read as (

    select live_loads.load_id
    from live_loads
    anti join {{ loads_relation() }} as known_loads
        on live_loads.load_id = known_loads.load_id

    union

    select live_loads.load_id
    from live_loads
    where exists (
        select 1
        from {{ loads_relation() }} as known_loads
        anti join live_loads as still_live
            on known_loads.load_id = still_live.load_id
    )

),

arrived as (

    select renamed.*
    from renamed
    semi join loads_to_read
        on renamed.load_id = loads_to_read.load_id

),

{# Rows already here that the arrivals may beat, or, by the second key, that change which row comes first. #}
standing as (

    select standing_rows.* {% if has_second_key %}exclude (is_repeat){% endif %}

    from {{ this }} as standing_rows
    semi join live_loads
        on standing_rows.load_id = live_loads.load_id
    anti join loads_to_read
        on standing_rows.load_id = loads_to_read.load_id
    where standing_rows.event_id in (select arrived.event_id from arrived)
    {%- if has_second_key %}
        or standing_rows.second_identity in (select arrived.second_identity from arrived where arrived.second_identity is not null)
        or standing_rows.second_identity in (
            select rivals.second_identity
            from {{ this }} as rivals
            where rivals.second_identity is not null and rivals.event_id in (select arrived.event_id from arrived)
        )
    {%- endif %}

),

candidates as (

    select * from arrived
    union all by name
    select * from standing

),
{% else %}
candidates as not materialized (

    select renamed.*
    from renamed
    semi join live_loads
        on renamed.load_id = live_loads.load_id

),
{% endif %}

repeated_ids as (

    select candidates.event_id
    from candidates
    group by all
    having count(*) > 1

),

winners as {% if not is_incremental() %}not {% endif %}materialized (

    select candidates.*
    from candidates
    anti join repeated_ids
        on candidates.event_id = repeated_ids.event_id

    union all

    (
        select candidates.*
        from candidates
        semi join repeated_ids
            on candidates.event_id = repeated_ids.event_id
        qualify row_number() over (
            partition by candidates.event_id
            order by candidates.received_at desc nulls last, candidates.payload_hash desc, candidates.load_id
        ) = 1
    )

),

{% if has_second_key %}
{# Within seven days of the row before it, a row with the same second key is the vendor's own retry. #}
second_keys as (

    select winners.second_identity
    from winners
    where winners.second_identity is not null
    group by all
    having count(*) > 1

),

retries as (

    select
        winners.event_id,
        row_number() over same_key > 1
        and not coalesce(winners.second_at - lag(winners.second_at) over same_key > interval 7 day, false) as is_retry,

    from winners
    semi join second_keys
        on winners.second_identity = second_keys.second_identity
    window same_key as (
        partition by winners.second_identity
        order by winners.second_at, winners.received_at desc nulls last, winners.event_id
    )

),

live as (

    select
        winners.*,
        coalesce(retries.is_retry, false) as is_repeat,

    from winners
    left join retries
        on winners.event_id = retries.event_id

)
{% else %}
live as (

    select * from winners

)
{% endif %}
{% endmacro %}

{# Beside each incremental event table: the loads that are in it. Written in the model's own transaction. #}
{% macro loads_relation() -%}
    "{{ this.database }}"."{{ this.schema }}"."{{ this.identifier }}__loads"
{%- endmacro %}

{% macro forget_replaced_rows(source_name, table_name='events') -%}
    delete from {{ this }} where load_id not in ({{ live_loads(source_name, table_name) }})
{%- endmacro %}

{% macro remember_loads(source_name, table_name='events') -%}
    create or replace table {{ loads_relation() }} as {{ live_loads(source_name, table_name) }}
{%- endmacro %}
