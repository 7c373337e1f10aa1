-- grain: one row per source, event name as the source spells it, shape, property and rule that
-- keys and types alone show to be broken
-- Null rule: absent and null are the same to an optional property; a required one must be there,
-- and be null only where the plan says `nullable: true`; a null where `nullable: false` stands on
-- an optional property is a value of the wrong type.
with

shapes as (

    select * from {{ ref('int_events__shapes') }}

),

properties as (

    select * from {{ ref('int_events__shape_properties') }}

),

declared as (

    select * from {{ ref('int_events__declared_properties') }}

),

declaring as (

    select
        source,
        source_event_name
    from declared
    group by all

),

unplanned_keys as (

    select * from {{ ref('int_events__unplanned_keys') }}

),

meta as (

    select max(version_property) as version_property from {{ ref('stg_company__plan_meta') }}

),

-- of declared properties: missing, null, or of another type
asked as (

    select
        shapes.source,
        shapes.source_event_name,
        shapes.shape_key,
        declared.property,
        declared.type,
        declared.is_required,
        declared.is_nullable,
        declared.is_cast

    from shapes
    inner join declared
        on
            shapes.source = declared.source
            and shapes.source_event_name = declared.source_event_name
    where shapes.is_object and declared.is_asked

),

answered as (

    select
        asked.source,
        asked.source_event_name,
        asked.shape_key,
        asked.property,
        case
            when properties.json_type is null
                then case when asked.is_required then 'required_missing' end
            when properties.json_type = 'NULL' and asked.is_nullable then null
            when properties.json_type = 'NULL' and asked.is_required then 'required_missing'
            when
                {{ type_fit('asked.type', 'properties.json_type', 'asked.is_cast') }} = 'breaks'
                then 'type_mismatch'
        end as rule,
        cast(null as varchar) as detail

    from asked
    left join properties
        on
            asked.source = properties.source
            and asked.shape_key = properties.shape_key
            and asked.property = properties.property

),

-- keys that the event does not declare
undeclared as (

    select
        properties.source,
        properties.source_event_name,
        properties.shape_key,
        properties.property

    from properties
    cross join meta
    semi join declaring
        on
            properties.source = declaring.source
            and properties.source_event_name = declaring.source_event_name
    anti join declared
        on
            properties.source = declared.source
            and properties.source_event_name = declared.source_event_name
            and properties.property = declared.property
    where
        not {{ is_vendor_property('properties.property') }}
        and properties.property is distinct from meta.version_property

),

labelled as (

    select
        undeclared.source,
        undeclared.source_event_name,
        undeclared.shape_key,
        undeclared.property,
        coalesce(unplanned_keys.shown_as, undeclared.property) as shown_as,
        unplanned_keys.property is not null as is_unplanned

    from undeclared
    left join unplanned_keys
        on
            undeclared.source = unplanned_keys.source
            and undeclared.property = unplanned_keys.property

),

of_keys as (

    select
        source,
        source_event_name,
        shape_key,
        shown_as as property,
        case
            when is_unplanned then 'unplanned_property' else 'additional_property'
        end as rule,
        cast(null as varchar) as detail
    from labelled

    union all

    select
        source,
        source_event_name,
        shape_key,
        shown_as as property,
        'name_convention' as rule,
        cast(null as varchar) as detail
    from labelled
    where is_unplanned and {{ breaks_key_convention('property') }}

    union all

    select
        labelled.source,
        labelled.source_event_name,
        labelled.shape_key,
        labelled.shown_as as property,
        'near_duplicate_name' as rule,
        min(declared.property) as detail

    from labelled
    inner join declared
        on
            labelled.source = declared.source
            and labelled.source_event_name = declared.source_event_name
            and {{ folded('labelled.property') }} = declared.folded_property
    group by all

),

-- what the bag of any event may not carry in its keys; each key is looked at once, not once per
-- shape
keys as (

    select property
    from properties
    group by all

),

kinds_of_keys as (

    select
        property,
        {{ pii_kind('property') }} as kind

    from keys

),

personal_keys as (

    select
        properties.source,
        properties.source_event_name,
        properties.shape_key,
        coalesce(unplanned_keys.shown_as, properties.property) as property,
        'pii_in_free_text' as rule,
        kinds_of_keys.kind as detail

    from properties
    inner join kinds_of_keys
        on properties.property = kinds_of_keys.property
    left join unplanned_keys
        on
            properties.source = unplanned_keys.source
            and properties.property = unplanned_keys.property
    where kinds_of_keys.kind is not null

),

not_objects as (

    select
        source,
        source_event_name,
        shape_key,
        cast(null as varchar) as property,
        'unknown' as rule,
        'the properties are no object' as detail

    from shapes
    where not is_object

),

violations as (

    select * from answered
    where rule is not null
    union all
    select * from of_keys
    union all
    select * from personal_keys
    union all
    select * from not_objects

)

select
    source,
    source_event_name,
    shape_key,
    property,
    rule,
    min(detail) as detail

from violations
group by all
