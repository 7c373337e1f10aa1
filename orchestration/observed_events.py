"""What a published version holds of events: names, keys, values, and pairs of names where one follows the other.

Knows the columns of fct_events and how to count them in bounded memory. Must not know what follows from the counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingestion.tracking_plan.infer import ENUM_VALUES, KEYS, KEYS_IN_PATTERN, KeyPattern, KeySeen
from ingestion.tracking_plan.renames import DAYS, EVENTS, Candidate
from ingestion.tracking_plan.spellings import Seen

if TYPE_CHECKING:
    from dashboards.published import Session

LONGEST = 600.0  # seconds for one statement: this is a task of an afternoon, not a page
NAMES = 100_000  # the rest is counted
EVENTS_OPENED = 2_000_000  # of all proposals together
SAMPLE = (500, 20_000)  # of one proposal
RENAMED_NAMES = 5_000  # the most frequent ones are compared
# A day with less than this share of a name's usual day is a straggler.
STRAGGLERS = 0.1

_VENDOR_KEY = """
    (regexp_matches(key, '^(\\$|mp_|utm_|\\[)') or key in ('token', 'distinct_id', 'time'))
"""
_NAMES = """
select source, source_event_name as name, any_value(event_name) as event_name, count(*)::bigint as events,
    min(local_date) as first_day, max(local_date) as last_day
from warehouse.marts.fct_events
where plan_status <> 'system' and source = coalesce($source, source)
group by all order by events desc, source, name limit $names
"""
_OPENED = """
create or replace temp table opened as
with
wanted as (
    select unnest($sources::varchar[]) as source, unnest($names::varchar[]) as source_event_name,
        unnest($groups::bigint[]) as event, unnest($counts::bigint[]) as of_event
)
select wanted.event, row_number() over () as number,
    try_cast(try_cast(events.properties as json) as map(varchar, json)) as bag
from warehouse.marts.fct_events as events
inner join wanted using (source, source_event_name)
where hash(events.event_id) % wanted.of_event < $sample
"""
_KEYS = """
create or replace temp table keys as
with
entries as (
    select event, unnest(map_entries(bag)) as entry from opened
),
typed as (
    select event, entry.key as key, json_type(entry.value) as kind, entry.value ->> '$' as text from entries
),
read as (
    select event, key, kind, text,
        case when kind = 'VARCHAR' then try_cast(text as double) end as number,
        kind = 'DOUBLE' and try_cast(text as double) % 1 = 0 as is_whole_double
    from typed
)
select event, key,
    count(*) filter (where kind <> 'NULL') as events,
    count(*) filter (where kind = 'VARCHAR') as texts,
    count(*) filter (where kind in ('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT') or is_whole_double) as whole,
    count(*) filter (where kind = 'DOUBLE' and not is_whole_double) as fractions,
    count(*) filter (where kind = 'BOOLEAN') as booleans,
    count(*) filter (where kind = 'ARRAY') as lists,
    count(*) filter (where kind = 'OBJECT') as objects,
    count(*) filter (
        where kind = 'VARCHAR' and regexp_matches(text, '^\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}|$)')
            and try_cast(text as timestamptz) is not null
    ) as times,
    -- A leading zero or many digits make an id, not a quantity.
    count(*) filter (where regexp_matches(text, '^-?(0|[1-9]\\d{0,14})$') and number is not null) as whole_texts,
    count(*) filter (
        where regexp_matches(text, '^-?(0|[1-9]\\d{0,14})(\\.\\d+)?$') and number is not null
    ) as number_texts,
    count(*) filter (where kind = 'VARCHAR' and text in ('true', 'false')) as boolean_texts,
    count(*) filter (where kind = 'VARCHAR' and regexp_matches(text, '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$')) as addresses,
    count(*) filter (where kind = 'VARCHAR' and len(text) > 60 and contains(text, ' ')) as long_texts,
    approx_count_distinct(text) filter (where kind <> 'NULL') as distinct_values,
    regexp_replace(key, '[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|\\d+', '{id}', 'gi') as pattern
from read
"""
_PATTERNS = """
select event, pattern, count(*) as keys, sum(events)::bigint as events from keys
group by all having count(*) >= $least order by event, keys desc
"""
_LISTED = """
select keys.*, count(*) over (partition by event) as of_event, count(*) over (partition by event, pattern) as of_pattern
from keys
qualify row_number() over (partition by event order by events desc, key) <= $listed + $least
"""
_VALUES = """
with few as (
    select event, key from keys where texts > 0 and distinct_values <= 2 * $values
),
entries as (
    select opened.event, unnest(map_entries(opened.bag)) as entry from opened
)
select entries.event, entries.entry.key as key, entries.entry.value ->> '$' as text, count(*) as events
from entries
inner join few on entries.event = few.event and entries.entry.key = few.key
where json_type(entries.entry.value) = 'VARCHAR'
group by all order by all
"""


@dataclass(frozen=True)
class Arrived:
    """A name, and what the published version takes it for."""

    seen: Seen
    event_name: str


@dataclass(frozen=True)
class EventKeys:
    """What the opened events of one proposal carry."""

    events: int
    distinct_keys: int
    keys: tuple[KeySeen, ...]
    patterns: tuple[KeyPattern, ...]


def names(session: Session, source: str | None = None) -> list[Arrived]:
    """Arrived names, the most frequent first; what vendors write about people is none."""
    return [
        Arrived(Seen(row[0], row[1], row[3], row[4], row[5]), row[2])
        for row in session.run(_NAMES, {"source": source, "names": NAMES})
    ]


def keys(session: Session, events: Sequence[Sequence[Seen]]) -> list[EventKeys]:
    """For each group of names, the keys and kinds of values of a sample of its events."""
    totals = [sum(one.events for one in group) for group in events]
    members = [
        (one.source, one.name, number, totals[number])
        for number, group in enumerate(events)
        for one in group
    ]
    if not members:
        return []
    sample = max(SAMPLE[0], min(SAMPLE[1], EVENTS_OPENED // len(events)))
    asked = {
        **{"sources": [row[0] for row in members], "names": [row[1] for row in members]},
        **{"groups": [row[2] for row in members], "counts": [row[3] for row in members]},
        "sample": sample,
    }
    session.run(_OPENED, asked)
    session.run(f"{_KEYS} where not {_VENDOR_KEY} group by all")
    opened = dict(session.run("select event, count(*) from opened group by all"))
    patterns = defaultdict(list)
    for row in session.run(_PATTERNS, {"least": KEYS_IN_PATTERN}):
        patterns[row[0]].append(KeyPattern(*row[1:]))
    values: dict[tuple[int, str], list[tuple[str, int]]] = defaultdict(list)
    for event, key, text, count in session.run(_VALUES, {"values": ENUM_VALUES}):
        values[event, key].append((text, count))
    listed = defaultdict(list)
    distinct: dict[int, int] = {}
    for counted in session.rows(_LISTED, {"listed": KEYS, "least": KEYS_IN_PATTERN}):
        distinct[counted["event"]] = counted["of_event"]
        if counted["of_pattern"] < KEYS_IN_PATTERN:
            few = values.get((counted["event"], counted["key"]), [])
            listed[counted["event"]].append(_key(counted, few))
    return [
        EventKeys(opened.get(n, 0), distinct.get(n, 0), tuple(listed[n]), tuple(patterns[n]))
        for n in range(len(events))
    ]


def _key(counted: Mapping[str, Any], values: Sequence[tuple[str, int]]) -> KeySeen:
    counts = {name: counted[name] for name in KeySeen.__dataclass_fields__ if name in counted}
    return KeySeen(**{**counts, "values": tuple(values) if len(values) <= ENUM_VALUES else ()})


# One name stops and another starts within the days that chance may leave between two events. The last and the first
# events of a source's history tell nothing: everything stops and starts there.
_PAIRS = """
with
days as (
    select source, project, source_event_name as name, any_value(event_name) as event_name, local_date, count(*) as events
    from warehouse.marts.fct_events where plan_status <> 'system' group by all
),
ends as (
    select source, project, min(local_date) as first_day, max(local_date) as last_day from days group by all
),
usual as (
    select source, project, name, median(events) as usual from days
    group by all having sum(events) >= $events order by sum(events) desc, source, project, name limit $names
),
names as (
    select days.source, days.project, days.name, any_value(days.event_name) as event_name,
        min(days.local_date) as first_day, max(days.local_date) as last_day,
        ceil(2 * (1 + max(days.local_date) - min(days.local_date)) / sum(days.events)) as patience
    from days inner join usual using (source, project, name)
    where days.events >= usual.usual * $stragglers
    group by all
),
pairs as (
    select old.source, old.project, old.name as old, new.name as new, old.event_name as old_event,
        new.event_name as new_event, old.last_day, new.first_day
    from names as old
    inner join names as new
        on old.source = new.source and old.project = new.project and old.name <> new.name
        and new.first_day - old.last_day between -1 and 1 + least(6, greatest(old.patience, new.patience))
    inner join ends
        on old.source = ends.source and old.project = ends.project
    where ends.last_day - old.last_day >= greatest(7, 3 * old.patience)
        and new.first_day - ends.first_day >= greatest(7, 3 * new.patience)
),
sides as (
    select source, project, old as name, last_day - $days + 1 as from_day, last_day as to_day from pairs
    union
    select source, project, new, first_day, first_day + $days - 1 from pairs
),
acts as (
    select sides.source, sides.project, sides.name, sides.from_day, events.actor_id,
        map_keys(try_cast(try_cast(events.properties as json) as map(varchar, json))) as keys
    from sides
    inner join warehouse.marts.fct_events as events
        on sides.source = events.source and sides.project = events.project
        and sides.name = events.source_event_name and events.local_date between sides.from_day and sides.to_day
),
told as (
    select source, project, name, from_day, count(*) as events, list(distinct actor_id) as actors,
        list_filter(list_distinct(flatten(list(keys))), lambda key: not {vendor_key}) as keys
    from acts group by all
)
select pairs.source, pairs.project, pairs.old, pairs.new, pairs.old_event, pairs.new_event, pairs.last_day, pairs.first_day,
    old.events as old_events, new.events as new_events, list_slice(old.keys, 1, $keys) as old_keys,
    list_slice(new.keys, 1, $keys) as new_keys, len(old.actors) as old_actors, len(new.actors) as new_actors,
    len(list_intersect(old.actors, new.actors)) as common_actors
from pairs
inner join told as old
    on pairs.source = old.source and pairs.project = old.project and pairs.old = old.name
    and old.from_day = pairs.last_day - $days + 1
inner join told as new
    on pairs.source = new.source and pairs.project = new.project and pairs.new = new.name
    and new.from_day = pairs.first_day
order by all
"""


def follow_ups(session: Session) -> list[Candidate]:
    """Pairs of names where one starts when the other stops, with what both have in common."""
    asked = {
        **{"events": EVENTS, "names": RENAMED_NAMES, "stragglers": STRAGGLERS, "days": DAYS},
        **{"keys": 1000},
    }
    return [
        Candidate(
            **{
                **row,
                "old_keys": frozenset(row["old_keys"] or ()),
                "new_keys": frozenset(row["new_keys"] or ()),
            }
        )
        for row in session.rows(_PAIRS.format(vendor_key=_VENDOR_KEY), asked)
    ]
