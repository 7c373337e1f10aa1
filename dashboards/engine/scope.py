"""One question being answered: its range, its as-of instant, its events and the statements it ran.

Knows the marts that all questions share and the common parameters. Must not know any single question.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dashboards.answer import plain
from dashboards.catalogue.parameters import Condition, Selector
from dashboards.engine.conditions import (
    Fragment,
    condition_sql,
    joined,
    needs_person,
    selector_sql,
    with_kept,
)
from dashboards.engine.periods import PERIOD_INDEX, UNITS, Calendar, Period, spine
from dashboards.published import Published, Session

# What an event can give to a question's working table, by the name it has there.
EVENT_COLUMNS = {
    "person": "fct_events.person_key",
    "event_name": "fct_events.event_name",
    "event_at": "fct_events.occurred_at",
    "local_at": "fct_events.local_at",
    "local_date": "fct_events.local_date",
    "is_active": "fct_events.is_active_event",
    "is_value": "fct_events.is_value_event",
    "session_id": "fct_events.session_id",
    "event_id": "fct_events.event_id",
    "feature": "fct_events.feature",
    "account": "fct_events.account_key",
    # The vendor's own id, before resolution: the same id in two projects is two actors.
    "source_actor": "hash(fct_events.source, fct_events.project, fct_events.source_actor_id)",
}


@dataclass(frozen=True)
class Result:
    """What a question's logic gives back; the envelope is put around it by `ask`."""

    rows: list[dict[str, Any]]
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass
class Scope:
    """Everything one answer needs; it lives as long as the answer is being computed."""

    published: Published
    session: Session
    params: dict[str, Any]
    calendar: Calendar
    as_of: datetime
    as_of_given: bool
    from_at: datetime | None
    to_at: datetime | None
    where: tuple[Condition, ...] = ()
    caveats: list[str] = field(default_factory=list)
    trace: list[tuple[str, Any]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)  # tables found on the way, beyond the declared

    def run(
        self, sql: str, params: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Run a statement, keep it for the answer's `sql`, and give its rows."""
        text = textwrap.dedent(sql).strip()
        self.trace.append((text, params))
        return self.session.rows(text, params)

    def caveat(self, text: str) -> None:
        """Add a sentence to the answer, once."""
        if text not in self.caveats:
            self.caveats.append(text)

    @property
    def minimum_group_size(self) -> int:
        """The smallest group that may be shown."""
        return int(self.published.settings.get("minimum_group_size") or 1)

    def events(
        self,
        columns: Mapping[str, Fragment] | Sequence[str],
        only: Fragment | None = None,
        table: str = "scoped_events",
        until: datetime | None = None,
        joins_person: bool = False,
        counted: Mapping[str, str] | None = None,
        since: datetime | None = None,
        is_grouped: bool = False,
        joins: Fragment | None = None,
    ) -> None:
        """Make the working table of the events that count: people in scope, as of the instant, after `where`.

        `since` and `until` keep [since, until): the less is read, the faster the answer. `joins` names working tables to join. With `counted`, aggregates by name, or `is_grouped` it has one row per distinct `columns`: much smaller than the events.
        """
        wanted = (
            columns
            if isinstance(columns, Mapping)
            else {name: Fragment(EVENT_COLUMNS[name]) for name in columns}
        )
        selected = joined(
            (Fragment(f"{f.sql} as {_name(n)}", f.params) for n, f in wanted.items()), ",\n    "
        )
        filters = [Fragment("fct_events.left_out_because is null")]
        for key in ("project", "source"):
            if self.params.get(key) is not None:
                filters.append(Fragment(f"fct_events.{key} = ?", (self.params[key],)))
        if self.as_of_given:
            filters.append(Fragment("fct_events.occurred_at < ?", (self.as_of,)))
        if since is not None:
            filters.append(Fragment("fct_events.occurred_at >= ?", (since,)))
        if until is not None:
            filters.append(Fragment("fct_events.occurred_at < ?", (until,)))
        if only is not None:
            filters.append(only)
        filters += [condition_sql(condition, is_filter=True) for condition in self.where]
        person = ""
        if joins_person or needs_person(self.where):
            person = (
                "left join marts.dim_persons on fct_events.person_key = dim_persons.person_key\n"
            )
        where = joined((Fragment(f"({f.sql})", f.params) for f in filters), "\n    and ")
        others = joins or Fragment("")
        kept = self.kept_properties()
        selected, where = with_kept(selected, kept), with_kept(where, kept)
        numbers = "".join(f",\n    {sql} as {_name(name)}" for name, sql in (counted or {}).items())
        grouped = "\ngroup by all" if counted or is_grouped else ""
        self.run(
            f"create or replace temp table {_name(table)} as\nselect\n    {selected.sql}{numbers}\nfrom marts.fct_events\n{person}{others.sql}where {where.sql}{grouped}",
            [*selected.params, *others.params, *where.params],
        )

    def kept_properties(self) -> dict[str, str]:
        """Column by JSON pointer of the properties that have a column of their own; versions from before have none."""
        return self.published.once("kept properties", self._kept_properties)

    def _kept_properties(self) -> dict[str, str]:
        if not self.published.has("marts.dim_kept_properties"):
            return {}
        return dict(self.session.run("select json_pointer, kept_as from marts.dim_kept_properties"))

    def use_periods(self) -> None:
        """Make the macros `period_of` and `unit_of` (local time, instant) known, of the parameters of those names.

        The unit is written into the macro, not bound: DuckDB evaluates a bound `case` row by row, eight times slower.
        """
        self.run(PERIOD_INDEX)
        for name in ("period", "unit"):
            unit = self.params.get(name)
            if unit in UNITS:
                shift = self.calendar.shift
                self.run(
                    f"create or replace temp macro {name}_of(local_time, instant) as period_index('{unit}', local_time, instant, {shift})"
                )

    def spine(self, unit: str) -> list[Period]:
        """The periods of this answer's range."""
        assert self.from_at is not None and self.to_at is not None
        return spine(self.calendar, unit, self.from_at, self.to_at, self.as_of)

    def spine_table(self, unit: str) -> list[Period]:
        """The periods as rows of the temporary table `periods`, for SQL twins."""
        periods = self.spine(unit)
        self.run(
            """
            create or replace temp table periods as
            select
                unnest(?::bigint[]) as period,
                unnest(?::varchar[]) as period_start,
                unnest(?::timestamp[]) as start_at,
                unnest(?::timestamp[]) as end_at,
                unnest(?::boolean[]) as is_complete
            """,
            [
                [p.index for p in periods],
                [p.label for p in periods],
                [p.start_at for p in periods],
                [p.end_at for p in periods],
                [p.complete for p in periods],
            ],
        )
        return periods

    def sql(self) -> str:
        """Every statement that ran, readable, with its parameters above it."""
        parts = []
        for text, params in self.trace:
            parts.append(f"-- parameters: {plain_text(params)}\n{text};" if params else f"{text};")
        return "\n\n".join(parts)


def selectors_in(value: Any) -> list[Selector]:
    """Every event selector inside a parameter's value."""
    if isinstance(value, Selector):
        return [value]
    if isinstance(value, tuple | list):
        return [found for item in value for found in selectors_in(item)]
    return []


def flag(selector: Selector) -> Fragment:
    """A selector as a column that is true for the events it takes."""
    return Fragment(f"({selector_sql(selector).sql})", selector_sql(selector).params)


def any_of(selectors: Sequence[Selector]) -> Fragment:
    """The events that at least one selector takes."""
    return joined((flag(s) for s in selectors), " or ")


def reads_person(selectors: Sequence[Selector]) -> bool:
    """Whether a selector's condition reads the person's state."""
    return any(needs_person(s.where) for s in selectors)


def plain_text(params: Any) -> str:
    """Bound values as they are listed beside the SQL; very long lists are cut."""
    import json

    def short(value: Any) -> Any:
        if isinstance(value, list) and len(value) > 40:
            return [*value[:40], f"… {len(value) - 40} more"]
        return value

    if isinstance(params, Mapping):
        return json.dumps({k: short(plain(v)) for k, v in params.items()}, ensure_ascii=False)
    return json.dumps([short(plain(v)) for v in params or []], ensure_ascii=False)


def _name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"{name!r} is not a column name of ours")
    return name
