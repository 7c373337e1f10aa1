"""Why a closed number changed, by evidence: loads that came or were replaced, merged people, declarations, definitions, models.

Knows the marts of loads and events of two attached versions and what both were made of. A cause is named when its
evidence touches the period; several may be. Must not know how a difference was found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from orchestration.earlier_definitions import number
from orchestration.restatements.comparison import Difference, columns
from orchestration.restatements.inputs import Inputs, changed

if TYPE_CHECKING:
    import duckdb

EVENTS = "marts.fct_events"
LOADS = "marts.fct_loads"
ACTORS = "marts.dim_actor_persons"
MAP_COLUMNS = ("actor_id", "trace", "person_key", "from_at", "to_at")
# Company files that decide which events, people and exposures count; the others only bear on KPIs.
OF_EVENTS = ("settings.yml", "tracking_plan/", "experiments/")
MOST_NAMES = 3


@dataclass(frozen=True)
class Delivery:
    """A file that came, or was replaced, since the older version."""

    kind: str
    name: str
    source: str
    event_days: frozenset[date]
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True)
class Evidence:
    """What differs between two versions besides their numbers."""

    deliveries: Sequence[Delivery]
    merged_actors: int
    merged_days: frozenset[date]
    company_files: Sequence[str]
    model_files: Sequence[str]
    sources_behind: Mapping[str, Collection[str]]
    redefined: Mapping[str, tuple[int, int]]  # models whose definition changed, from which to which

    def why(self, difference: Difference) -> tuple[str, str]:
        """The causes, with commas between them, and a sentence on each."""
        found: dict[str, str] = {}
        for kind, names in self._delivered(difference).items():
            found[kind] = f"{_DELIVERED[kind]} {_listed(names)}"
        # Merged people are other people in a count of people; what is left of events is theirs all the same.
        is_of_people = difference.measured_from == "fct_events" and (
            difference.unit == "people" or not found
        )
        if is_of_people and _touches(difference, self.merged_days):
            ids = "id belongs" if self.merged_actors == 1 else "ids belong"
            found["merge"] = f"{self.merged_actors} {ids} to another person now"
        files = [
            name
            for name in self.company_files
            if not difference.measured_from.startswith("fct_") or name.startswith(OF_EVENTS)
        ]
        if files:
            found["plan"] = f"declarations changed: {_listed(files)}"
        if numbers := self.redefined.get(difference.measured_from):
            found["definition"] = (
                f"definition {numbers[1]} took the place of definition {numbers[0]}"
            )
        if self.model_files:
            found["model"] = f"models changed: {_listed(self.model_files)}"
        if not found:
            return "unknown", "no file, merge, declaration or model of this version explains it"
        return ",".join(found), "; ".join(found.values())

    def _delivered(self, difference: Difference) -> dict[str, list[str]]:
        if difference.measured_from == "fct_events":
            touching = [
                delivery
                for delivery in self.deliveries
                if difference.metric != "source_events" or delivery.source == difference.subject
                if _touches(difference, delivery.event_days)
            ]
        else:
            behind = self.sources_behind.get(difference.measured_from, ())
            of_it = [delivery for delivery in self.deliveries if delivery.source in behind]
            # Some records speak of a time before their own, like a ticket that was corrected later.
            touching = [delivery for delivery in of_it if _overlaps(difference, delivery)] or of_it
        found: dict[str, list[str]] = {}
        for delivery in touching:
            found.setdefault(delivery.kind, []).append(delivery.name)
        return found


_DELIVERED = {
    "late_events": "arrived later:",
    "redelivery": "delivered again:",
    "new_source": "first delivery:",
}


def evidence(
    connection: duckdb.DuckDBPyConnection,
    before: str,
    after: str,
    inputs: tuple[Inputs | None, Inputs | None],
    models: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> Evidence:
    """Look for all that differs; `models` are the definitions of the older and of the newer version."""
    old, new = columns(connection, before), columns(connection, after)
    actors, days = _merged(connection, (before, old), (after, new))
    made_before, made_after = inputs
    files: tuple[list[str], list[str]] = ([], [])
    if made_before is not None and made_after is not None:
        files = (
            changed(made_before.company, made_after.company),
            changed(made_before.models, made_after.models),
        )
    return Evidence(
        deliveries=_deliveries(connection, (before, old), (after, new)),
        merged_actors=actors,
        merged_days=days,
        company_files=files[0],
        model_files=files[1],
        sources_behind={name: set(model.get("sources") or ()) for name, model in models[1].items()},
        redefined={
            name: (number(models[0][name]), number(model))
            for name, model in models[1].items()
            if name in models[0] and number(models[0][name]) != number(model)
        },
    )


Side = tuple[str, Mapping[str, frozenset[str]]]


def _deliveries(connection: duckdb.DuckDBPyConnection, before: Side, after: Side) -> list[Delivery]:
    """Loads that only one of the versions counts. The older one's are replaced files; the newer one's are late or new."""
    needed = {
        "load_id",
        "source",
        "project",
        "file_name",
        "state",
        "first_event_at",
        "last_event_at",
    }
    if not needed <= before[1].get(LOADS, frozenset()) & after[1].get(LOADS, frozenset()):
        return []
    live = {}
    for side in (before, after):
        live[side[0]] = {
            row[0]: row
            for row in connection.execute(
                f"""
                select load_id, source, project, file_name, first_event_at::date, last_event_at::date
                from {side[0]}.{LOADS} where state = 'live' order by load_id
                """  # noqa: S608 our own names
            ).fetchall()
        }
    known = {row[1:3] for row in live[before[0]].values()}
    gone = [row for load, row in live[before[0]].items() if load not in live[after[0]]]
    come = [row for load, row in live[after[0]].items() if load not in live[before[0]]]
    replaced = {row[1:4] for row in gone}
    found = []
    for side, rows in ((before, gone), (after, come)):
        days = _event_days(connection, side, [row[0] for row in rows])
        for load, source, project, file, first, last in rows:
            if (source, project, file) in replaced:
                kind = "redelivery"
            else:
                kind = "late_events" if (source, project) in known else "new_source"
            name = f"{file} ({source} · {project})"
            found.append(Delivery(kind, name, source, days.get(load, frozenset()), first, last))
    return found


def _event_days(
    connection: duckdb.DuckDBPyConnection, side: Side, loads: list[int]
) -> dict[int, frozenset[date]]:
    """The days on which the events of each of these loads lie."""
    catalog, tables = side
    if not loads or not {"load_id", "local_date"} <= tables.get(EVENTS, frozenset()):
        return {}
    found: dict[int, set[date]] = {}
    wanted = ", ".join(str(int(load)) for load in loads)
    for load, day in connection.execute(
        f"select distinct load_id, local_date from {catalog}.{EVENTS} where load_id in ({wanted})"  # noqa: S608 whole numbers
    ).fetchall():
        found.setdefault(load, set()).add(day)
    return {load: frozenset(days) for load, days in found.items()}


def _merged(
    connection: duckdb.DuckDBPyConnection, before: Side, after: Side
) -> tuple[int, frozenset[date]]:
    """How many ids of the older version belong to another person now, and the days on which that shows."""
    for _, tables in (before, after):
        if not {"actor_id", "person_key", "local_date"} <= tables.get(EVENTS, frozenset()):
            return 0, frozenset()
    # The small map finds the ids; only the events of those are looked at.
    table, pair = EVENTS, ["actor_id", "person_key"]
    mapped = before[1].get(ACTORS, frozenset()) & after[1].get(ACTORS, frozenset())
    if mapped >= set(pair):
        table, pair = ACTORS, [name for name in MAP_COLUMNS if name in mapped]
    names = ", ".join(pair)
    connection.execute(
        f"""
        create or replace temp table moved as
        with old as (select distinct {names} from {before[0]}.{table}),
        new as (select distinct {names} from {after[0]}.{table}),
        changed as ((from old except from new) union all (from new except from old))
        select distinct actor_id from changed
        where actor_id in (select actor_id from old) and actor_id in (select actor_id from new)
        """  # noqa: S608 our own names
    )
    found = connection.execute(
        f"""
        with old as (
            select distinct actor_id, local_date, person_key from {before[0]}.{EVENTS} semi join moved using (actor_id)
        ), new as (
            select distinct actor_id, local_date, person_key from {after[0]}.{EVENTS} semi join moved using (actor_id)
        ), changed as ((from old except from new) union all (from new except from old))
        select distinct actor_id, local_date from changed
        semi join old using (actor_id, local_date) semi join new using (actor_id, local_date)
        """  # noqa: S608 our own names
    ).fetchall()
    return len({actor for actor, _ in found}), frozenset(day for _, day in found)


def _bounds(difference: Difference) -> tuple[date, date]:
    """First day, and the first day after the period."""
    first = difference.period_start
    if difference.period == "total":
        return date.min, first + timedelta(days=1)
    if difference.period == "day":
        return first, first + timedelta(days=1)
    months = 3 if difference.period == "quarter" else 1
    after = first.month - 1 + months
    return first, date(first.year + after // 12, after % 12 + 1, 1)


def _touches(difference: Difference, days: frozenset[date]) -> bool:
    if difference.period == "day":  # the most of them
        return difference.period_start in days
    first, after = _bounds(difference)
    return any(first <= day < after for day in days)


def _overlaps(difference: Difference, delivery: Delivery) -> bool:
    if delivery.first_day is None or delivery.last_day is None:
        return True
    first, after = _bounds(difference)
    return delivery.first_day < after and delivery.last_day >= first


def _listed(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    more = len(unique) - MOST_NAMES
    return ", ".join(unique[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
