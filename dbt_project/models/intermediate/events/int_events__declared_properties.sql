-- grain: one row per spelling of a planned event and property that its declaration names
with

names as (

    select
        source,
        source_event_name,
        event_name
    from {{ ref('int_events__names') }}
    where plan_status not in ('unplanned', 'system')

),

declared as (

    select * from {{ ref('stg_company__plan_properties') }}

),

joined as (

    select
        names.source,
        names.source_event_name,
        names.event_name,
        declared.property,
        {{ folded('declared.property') }} as folded_property,
        declared.type,
        -- a property that is asked of some sources only is still known where others send it
        coalesce(
            list_contains(json_extract_string(declared.sources, '$[*]'), names.source), true
        ) as is_asked,
        coalesce(declared.is_required, false) as is_required,
        declared.is_nullable,
        declared.is_cast,
        json_array_length(declared.allowed) > 0 as is_enum,
        case
            when declared.type = 'list' and json_array_length(declared.allowed) > 0
                then json_extract_string(declared.allowed, '$[*]')
        end as allowed_elements,
        declared.pattern,
        declared.minimum,
        declared.maximum,
        coalesce(declared.pii_class, 'none') != 'none' as is_declared_personal

    from names
    inner join declared
        on names.event_name = declared.event_name

)

select * from joined
