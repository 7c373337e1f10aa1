-- grain: one row per work item and stretch of time in which one function of the company had it
-- From the whole status history of an item. Going on to another status of the same function is one
-- stretch; statuses that delivery.yml gives to nobody are waiting time between stretches.
with

rules as (

    select * from {{ ref('stg_company__delivery_functions') }}

),

work_items as (

    select
        item_id,
        source,
        project_key,
        status,
        created_at
    from {{ ref('int_delivery__work_items') }}
    where has_history

),

changes as (

    select
        item_id,
        position,
        lower(trim(from_name)) as from_status,
        lower(trim(to_name)) as to_status,
        changed_at
    from {{ ref('int_delivery__changes') }}
    where field = 'status'

),

-- what the first change left is the status in which the item was made
states as (

    select
        work_items.item_id,
        0 as position,
        work_items.created_at as changed_at,
        coalesce(changes.from_status, work_items.status) as status

    from work_items
    left join changes
        on work_items.item_id = changes.item_id and changes.position = 1

    union all by name

    select
        changes.item_id,
        changes.position,
        changes.changed_at,
        changes.to_status as status
    from changes
    semi join work_items
        on changes.item_id = work_items.item_id

),

-- a rule for the item's own project goes before one for all
held as (

    select
        states.item_id,
        states.position,
        states.changed_at,
        rules.function_name

    from states
    inner join work_items
        on states.item_id = work_items.item_id
    left join rules
        on
            states.status = rules.status
            and work_items.source = rules.source
            and coalesce(work_items.project_key = rules.project_key, rules.project_key is null)
    qualify row_number() over (
        partition by states.item_id, states.position
        order by rules.project_key nulls last
    ) = 1

),

compared as (

    select
        *,
        lag(function_name) over (partition by item_id order by position) as function_before
    from held

),

stretches as (

    select
        item_id,
        position,
        function_name,
        changed_at as entered_at,
        lead(changed_at) over (partition by item_id order by position) as left_at
    from compared
    where position = 0 or function_name is distinct from function_before

),

functions as (

    select
        *,
        row_number() over (partition by item_id order by position) as stretch,
        lag(function_name) over (partition by item_id order by position) as came_from,
        lag(left_at) over (partition by item_id order by position) as was_left_at,
        count(*) over (
            partition by item_id, function_name
            order by position
            rows between unbounded preceding and 1 preceding
        ) as earlier_stretches

    from stretches
    where function_name is not null

)

select
    item_id,
    stretch,
    function_name,
    came_from,
    coalesce(came_from != function_name, false) as is_handoff,
    -- back to a function that had thought it was done with it
    coalesce(came_from != function_name, false) and earlier_stretches > 0 as is_bounce,
    entered_at,
    left_at,
    date_diff('second', entered_at, left_at) / 86400.0 as days,
    date_diff('second', was_left_at, entered_at) / 86400.0 as days_waited

from functions
