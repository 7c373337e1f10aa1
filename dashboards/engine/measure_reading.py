"""How metrics read events: first events per person and bucket, the base with its segments, cells of units.

Knows the working tables that all metrics share. Must not know any metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboards.catalogue.parameters import Selector
from dashboards.engine.buckets import Buckets
from dashboards.engine.conditions import Fragment, property_text
from dashboards.engine.measure import Dimension, Measure
from dashboards.engine.scope import EVENT_COLUMNS, Scope, reads_person

NO_VALUE = "(none)"
EVERYONE = "(all)"


@dataclass(frozen=True)
class Reading:
    """What all metrics read events by."""

    scope: Scope
    measure: Measure
    buckets: Buckets
    dimension: Dimension | None
    is_series: bool

    def events(
        self,
        columns: dict[str, Fragment],
        selectors: Sequence[Selector],
        only: Fragment,
        until: datetime | None = None,
        is_whole: bool = False,
    ) -> None:
        """The working table: per person and bucket, and per value of these columns, the first event and how many there are.

        That is much less than the events themselves, which `is_whole` asks for.
        """
        keys = {
            "actor": Fragment(EVENT_COLUMNS["person"]),
            "bucket": self.buckets.number,
            **columns,
        }
        event_at = EVENT_COLUMNS["event_at"]
        self.scope.events(
            {**keys, "event_at": Fragment(event_at)} if is_whole else keys,
            only=only,
            until=until or self.buckets.end_at,
            joins_person=reads_person(selectors),
            counted=None if is_whole else {"event_at": f"min({event_at})", "hits": "count(*)"},
        )

    def since_start(self, only: Fragment) -> Fragment:
        """The same events, from the first bucket on."""
        return Fragment(
            f"fct_events.occurred_at >= ? and ({only.sql})", (self.buckets.start_at, *only.params)
        )

    def base(
        self,
        lets_in: Fragment,
        selectors: Sequence[Selector],
        condition: str = "true",
        more: str | None = None,
    ) -> None:
        """Who is in the base: the first event that meets the condition of each bucket, or with `more` of a person's history."""
        self.firsts(condition, more)
        self.valued(lets_in, selectors)

    def firsts(self, condition: str = "true", more: str | None = None) -> None:
        """`firsts`: the first event that meets the condition, by person and bucket, or by person."""
        per = "bucket, actor" if more is None else "actor"
        ever = "" if more is None else f"min_by(bucket, event_at) as bucket, {more}"
        self.scope.run(
            f"""
            create or replace temp table firsts as
            select {per}, {ever}min(event_at) as first_at
            from scoped_events
            where {condition}
            group by {per}
            """,  # noqa: S608
            {"from_at": self.buckets.start_at, "to_at": self.buckets.end_at}
            if "$from_at" in condition
            else None,
        )

    def valued(
        self, lets_in: Fragment, selectors: Sequence[Selector], is_told: bool = False
    ) -> None:
        """`firsts` as `base`, with the value of the event that let a person in (F14: first touch; ties by event id).

        Only these events are read for their value: reading a property of all takes several times as long. Where it is told,
        `firsts` has it.
        """
        if is_told:
            self.scope.run("create or replace temp table base as select * from firsts")
            return
        if self.dimension is None:
            self.scope.run(
                f"create or replace temp table base as select *, '{EVERYONE}' as value from firsts"  # noqa: S608
            )
            return
        found = property_text(self.dimension.name, self.dimension.of)
        since = self.scope.session.run("select min(first_at) from firsts")[0][0]
        wanted = "(fct_events.person_key, fct_events.occurred_at) in (select actor, first_at from firsts)"
        self.scope.events(
            {
                "actor": Fragment(EVENT_COLUMNS["person"]),
                "event_at": Fragment(EVENT_COLUMNS["event_at"]),
                "event_id": Fragment(EVENT_COLUMNS["event_id"]),
                "value": Fragment(f"coalesce({found.sql}, '{NO_VALUE}')", found.params),
            },
            only=Fragment(f"({lets_in.sql}) and {wanted}", lets_in.params),
            table="first_events",
            since=since,
            until=self.buckets.end_at,
            joins_person=self.dimension.of == "person" or reads_person(selectors),
        )
        self.scope.run(
            """
            create or replace temp table base as
            select firsts.*, min_by(first_events.value, first_events.event_id) as value
            from firsts
            inner join first_events
                on firsts.actor = first_events.actor
                and firsts.first_at = first_events.event_at
            group by all
            """
        )

    def summed(self, units: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Cells of a select that gives bucket, value, amount and is_over of each unit."""
        return self.scope.run(
            f"""
            with units as (
                {units}
            )
            select
                bucket,
                value,
                count(*) filter (where is_over) as units,
                coalesce(sum(amount) filter (where is_over), 0)::double as total,
                coalesce(sum(amount * amount) filter (where is_over), 0)::double as squares,
                count(*) filter (where not is_over) as pending
            from units
            group by all
            order by bucket, value
            """,  # noqa: S608
            params,
        )
