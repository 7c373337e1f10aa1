"""Feature usage (D1): who used a feature or sent an event, and what share of active people that is."""

from __future__ import annotations

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope, flag, reads_person


def answer(scope: Scope) -> Result:
    """One row; without a feature and an event a row for each feature of the tracking plan, the most used first."""
    feature, event = scope.params["feature"], scope.params["event"]
    features = _features(scope)
    if (feature and event) or not (feature or event or features):
        raise BadParameter(
            f"`feature_usage` needs exactly one of `feature` and `event`; {_known(scope, features)}"
        )
    if not (feature or event):
        return _each(scope)
    used = (
        flag(event)
        if event
        else Fragment("(fct_events.is_value_event and fct_events.feature = ?)", (feature,))
    )
    active = flag(Selector(()))
    scope.events(
        {"person": Fragment(EVENT_COLUMNS["person"]), "is_use": used, "is_active": active},
        only=Fragment(
            f"fct_events.occurred_at >= ? and ({used.sql} or {active.sql})",
            (scope.from_at, *used.params, *active.params),
        ),
        until=scope.to_at,
        joins_person=bool(event) and reads_person([event]),
    )
    row = scope.run(
        """
        with people as (
            select person, count(*) filter (where is_use) as uses
            from scoped_events
            group by all
        )
        select
            ?::varchar as feature,
            count(*) filter (where uses > 0) as actors,
            count(*) as active_actors,
            count(*) filter (where uses > 0) / nullif(count(*), 0) as share,
            coalesce(sum(uses), 0)::bigint as events,
            quantile_cont(uses, 0.5) filter (where uses > 0) as events_per_actor_median
        from people
        """,
        [feature],
    )[0]
    if (
        feature
        and not scope.session.run(
            "select count(*) from marts.dim_events where feature = ? and value_event", [feature]
        )[0][0]
    ):
        scope.caveat(
            f"The tracking plan names no value event of {feature}, so nobody can have used it by definition."
        )
    return Result([row], {**row, "feature": feature, "event": event.label if event else None})


def _each(scope: Scope) -> Result:
    active = flag(Selector(()))
    scope.events(
        {
            "person": Fragment(EVENT_COLUMNS["person"]),
            "feature": Fragment("case when fct_events.is_value_event then fct_events.feature end"),
            "is_active": active,
        },
        only=Fragment(
            f"fct_events.occurred_at >= ? and (fct_events.is_value_event or {active.sql})",
            (scope.from_at, *active.params),
        ),
        until=scope.to_at,
    )
    rows = scope.run(
        """
        with users as (
            select feature, person, count(*) as uses
            from scoped_events
            where feature is not null
            group by all
        ),

        active as (
            select count(distinct person) as people from scoped_events
        )

        select
            features.feature,
            count(users.person) as actors,
            any_value(active.people) as active_actors,
            count(users.person) / nullif(any_value(active.people), 0) as share,
            coalesce(sum(users.uses), 0)::bigint as events,
            quantile_cont(users.uses, 0.5) as events_per_actor_median
        from (select distinct feature from marts.dim_features where feature is not null) as features
        left join users
            on features.feature = users.feature
        cross join active
        group by features.feature
        order by actors desc, features.feature
        """
    )
    scope.caveat("No feature was named, so every feature of the tracking plan is a row.")
    return Result(rows, {"feature": None, "event": None, "features": len(rows)})


def _features(scope: Scope) -> list[str]:
    query = "select distinct feature from marts.dim_features where feature is not null order by 1"
    return [row[0] for row in scope.session.run(query)]


def _known(scope: Scope, features: list[str]) -> str:
    """What can be asked about: the features of the plan, else the events that arrived."""
    query = "select distinct event_name from marts.fct_event_days order by 1 limit 20"
    word = "features" if features else "events"
    names = features[:20] or [row[0] for row in scope.session.run(query)]
    if not names:
        return "this version holds no events"
    return f"the {word} of this version are {', '.join(names)}"
