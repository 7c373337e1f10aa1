-- grain: one row per source, event name as the source spells it, shape, property and rule that
-- keys and types alone show to be broken
-- Null rule: absent and null are the same to an optional property; a required one must be there,
-- and be null only where the plan says `nullable: true`; a null where `nullable: false` stands on
-- an optional property is a value of the wrong type.
-- A key of a type is judged once for all shapes that have it; only a key that is not there is a
-- matter of the shape.
with

shapes as (

    select * from {{ ref('int_events__shapes') }}
    where is_object

),

seen as (

    select * from {{ ref('int_events__seen_properties') }}

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

-- of declared properties: null, or of another type
answered as (

    select
        seen.sight_key,
        seen.property,
        case
            when seen.json_type = 'NULL' and declared.is_nullable then null
            when seen.json_type = 'NULL' and declared.is_required then 'required_missing'
            when
                {{ type_fit('declared.type', 'seen.json_type', 'declared.is_cast') }} = 'breaks'
                then 'type_mismatch'
        end as rule,
        cast(null as varchar) as detail

    from seen
    inner join declared
        on
            seen.source = declared.source
            and seen.source_event_name = declared.source_event_name
            and seen.property = declared.property
    where declared.is_asked

),

-- keys that the event does not declare
undeclared as (

    select
        seen.sight_key,
        seen.source,
        seen.source_event_name,
        seen.property

    from seen
    cross join meta
    semi join declaring
        on
            seen.source = declaring.source
            and seen.source_event_name = declaring.source_event_name
    anti join declared
        on
            seen.source = declared.source
            and seen.source_event_name = declared.source_event_name
            and seen.property = declared.property
    where
        not {{ is_vendor_property('seen.property') }}
        and seen.property is distinct from meta.version_property

),

labelled as (

    select
        undeclared.sight_key,
        undeclared.source,
        undeclared.source_event_name,
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
        sight_key,
        shown_as as property,
        case
            when is_unplanned then 'unplanned_property' else 'additional_property'
        end as rule,
        cast(null as varchar) as detail
    from labelled

    union all

    select
        sight_key,
        shown_as as property,
        'name_convention' as rule,
        cast(null as varchar) as detail
    from labelled
    where is_unplanned and {{ breaks_key_convention('property') }}

    union all

    select
        labelled.sight_key,
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

-- what the bag of any event may not carry in its keys
keys as (

    select property
    from seen
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
        seen.sight_key,
        coalesce(unplanned_keys.shown_as, seen.property) as property,
        'pii_in_free_text' as rule,
        kinds_of_keys.kind as detail

    from seen
    inner join kinds_of_keys
        on seen.property = kinds_of_keys.property
    left join unplanned_keys
        on
            seen.source = unplanned_keys.source
            and seen.property = unplanned_keys.property
    where kinds_of_keys.kind is not null

),

violations_of_seen as (

    select * from answered
    where rule is not null
    union all
    select * from of_keys
    union all
    select * from personal_keys

),

properties as (

    {{ shape_properties() }}

),

of_seen as (

    select
        properties.source,
        properties.source_event_name,
        properties.shape_key,
        violations_of_seen.property,
        violations_of_seen.rule,
        violations_of_seen.detail

    from properties
    inner join violations_of_seen
        on properties.sight_key = violations_of_seen.sight_key

),

required as (

    select
        source,
        source_event_name,
        list(property) as required_properties
    from declared
    where is_asked and is_required
    group by all

),

asked as (

    select
        shapes.source,
        shapes.source_event_name,
        shapes.shape_key,
        shapes.property_names,
        required.required_properties

    from shapes
    inner join required
        on
            shapes.source = required.source
            and shapes.source_event_name = required.source_event_name

),

missing as (

    select
        source,
        source_event_name,
        shape_key,
        unnest(list_filter(
            required_properties, lambda name: not list_contains(property_names, name)
        )) as property,
        'required_missing' as rule,
        cast(null as varchar) as detail

    from asked

),

not_objects as (

    select
        source,
        source_event_name,
        shape_key,
        cast(null as varchar) as property,
        'unknown' as rule,
        'the properties are no object' as detail

    from {{ ref('int_events__shapes') }}
    where not is_object

),

violations as (

    select * from of_seen
    union all
    select * from missing
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
