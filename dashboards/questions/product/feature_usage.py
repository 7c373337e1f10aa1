"""Feature usage (D1): who used a feature or sent an event, and what share of eligible active people that is."""

from __future__ import annotations

from typing import Any

from dashboards.answer import BadParameter
from dashboards.engine.active_periods import active_people
from dashboards.engine.conditions import Fragment
from dashboards.engine.features import (
    ACTIVE,
    Use,
    asked_use,
    could_use,
    features,
    joins_person,
    known,
    warn_without_value_event,
)
from dashboards.engine.person_groups import person_groups
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope, flag
from dashboards.engine.statistics import wilson


def answer(scope: Scope) -> Result:
    """One row; without a feature and an event a row for each feature of the tracking plan, the most used first."""
    if not (scope.params["feature"] or scope.params["event"]):
        if scope.params["breakdown"] is not None or not features(scope):
            raise BadParameter(
                f"`feature_usage` needs exactly one of `feature` and `event`; {known(scope)}"
            )
        return _each(scope)
    use = asked_use(scope, "feature_usage")
    _users(scope, use)
    row = scope.run(
        """
        with people as (
            select
                person,
                bool_or(is_eligible) as is_eligible,
                coalesce(sum(events) filter (where is_use), 0) as uses
            from scoped_events
            group by all
        )
        select
            ?::varchar as feature,
            count(*) filter (where is_eligible and uses > 0) as actors,
            count(*) filter (where is_eligible) as active_actors,
            count(*) filter (where is_eligible and uses > 0) / nullif(count(*) filter (where is_eligible), 0) as share,
            coalesce(sum(uses) filter (where is_eligible), 0)::bigint as events,
            quantile_cont(uses, 0.5) filter (where is_eligible and uses > 0) as events_per_actor_median,
            count(*) filter (where not is_eligible and uses > 0) as not_eligible
        from people
        """,
        [use.feature],
    )[0]
    warn_without_value_event(scope, use)
    outside = row.pop("not_eligible")
    if outside:
        scope.caveat(
            f"{outside} people used it without being eligible as asked; they are not in this answer."
        )
    if not row["active_actors"]:
        scope.caveat("Nobody who could have used it was active in the range, so there is no share.")
    whole = _with_interval(row)
    summary = {**whole, "feature": use.feature, "event": use.event.label if use.event else None}
    if scope.params["breakdown"] is None:
        return Result([whole], summary)
    return Result(_groups(scope, use, could_use(scope, use)), summary)


def _users(scope: Scope, use: Use) -> None:
    """`scoped_events` (person, is_use, is_eligible, events) of the range: uses, and what makes people eligible."""
    used, eligible = use.taken, could_use(scope, use)
    person = Fragment(EVENT_COLUMNS["person"])
    if _reads_active_days(scope):
        scope.events(
            {"person": person},
            only=used,
            table="users",
            since=scope.from_at,
            until=scope.to_at,
            joins_person=joins_person(scope, use),
            counted={"events": "count(*)"},
        )
        scope.run(
            """
            create or replace temp table scoped_events as
            select person, true as is_use, true as is_eligible, events from users
            union all
            select person, false, true, 0 from active_people
            """
        )
        return
    scope.events(
        {"person": person, "is_use": used, "is_eligible": eligible},
        only=Fragment(f"{used.sql} or {eligible.sql}", (*used.params, *eligible.params)),
        since=scope.from_at,
        until=scope.to_at,
        joins_person=joins_person(scope, use),
        counted={"events": "count(*)"},
    )


def _reads_active_days(scope: Scope) -> bool:
    """Whether everybody active could have used it, and `active_people` says who that is."""
    return scope.params["eligible"] is None and active_people(scope, scope.from_at, scope.to_at)


def _groups(scope: Scope, use: Use, eligible: Fragment) -> list[dict[str, Any]]:
    """A row for each group; a person is in the group of the first event that makes them eligible."""
    person_groups(scope, eligible, [s for s in (use.event, scope.params["eligible"]) if s])
    rows = scope.run(
        """
        with people as (
            select person, coalesce(sum(events) filter (where is_use), 0) as uses
            from scoped_events
            group by all
        )
        select
            ?::varchar as feature,
            person_groups.value as breakdown,
            count(*) filter (where people.uses > 0) as actors,
            count(*) as active_actors,
            count(*) filter (where people.uses > 0) / count(*) as share,
            sum(people.uses)::bigint as events,
            quantile_cont(people.uses, 0.5) filter (where people.uses > 0) as events_per_actor_median
        from people
        inner join person_groups
            on people.person = person_groups.person
        group by person_groups.value, person_groups.place
        order by person_groups.place
        """,
        [use.feature],
    )
    return [_with_interval(row) for row in rows]


def _users_of_each(scope: Scope) -> None:
    """`scoped_events` (person, feature, is_eligible, events) of the range: uses of any feature, and what makes people eligible."""
    person = Fragment(EVENT_COLUMNS["person"])
    if _reads_active_days(scope):
        scope.events(
            {"person": person, "feature": Fragment("fct_events.feature")},
            only=Fragment("fct_events.is_value_event"),
            table="users",
            since=scope.from_at,
            until=scope.to_at,
            counted={"events": "count(*)"},
        )
        scope.run(
            """
            create or replace temp table scoped_events as
            select person, feature, true as is_eligible, events from users
            union all
            select person, null, true, 0 from active_people
            """
        )
        return
    eligible = flag(scope.params["eligible"] or ACTIVE)
    scope.events(
        {
            "person": person,
            "feature": Fragment("case when fct_events.is_value_event then fct_events.feature end"),
            "is_eligible": eligible,
        },
        only=Fragment(f"fct_events.is_value_event or {eligible.sql}", eligible.params),
        since=scope.from_at,
        until=scope.to_at,
        joins_person=joins_person(scope, Use(None, None)),
        counted={"events": "count(*)"},
    )


def _each(scope: Scope) -> Result:
    _users_of_each(scope)
    rows = scope.run(
        """
        with active as (
            select person
            from scoped_events
            group by person
            having bool_or(is_eligible) or not $is_limited
        ),

        users as (
            select scoped_events.feature, scoped_events.person, sum(scoped_events.events) as uses
            from scoped_events
            inner join active
                on scoped_events.person = active.person
            where scoped_events.feature is not null
            group by all
        ),

        everyone as (
            select count(*) as people from active
        )

        select
            features.feature,
            count(users.person) as actors,
            any_value(everyone.people) as active_actors,
            count(users.person) / nullif(any_value(everyone.people), 0) as share,
            coalesce(sum(users.uses), 0)::bigint as events,
            quantile_cont(users.uses, 0.5) as events_per_actor_median
        from (select distinct feature from marts.dim_features where feature is not null) as features
        left join users
            on features.feature = users.feature
        cross join everyone
        group by features.feature
        order by actors desc, features.feature
        """,
        {"is_limited": scope.params["eligible"] is not None},
    )
    scope.caveat("No feature was named, so every feature of the tracking plan is a row.")
    return Result(
        [_with_interval(row) for row in rows],
        {"feature": None, "event": None, "features": len(rows)},
    )


def _with_interval(row: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson(row["actors"], row["active_actors"]) or (None, None)
    return {**row, "ci_low": low, "ci_high": high}
