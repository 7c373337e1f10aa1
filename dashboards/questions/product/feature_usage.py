"""Feature usage (D1): who used a feature or sent an event, and what share of active people that is."""

from __future__ import annotations

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope, flag, reads_person


def answer(scope: Scope) -> Result:
    """One row."""
    feature, event = scope.params["feature"], scope.params["event"]
    if (feature is None) == (event is None):
        raise BadParameter(
            f"`feature_usage` needs exactly one of `feature` and `event`; {_known(scope)}"
        )
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
            count(*) filter (where uses > 0) as actors,
            count(*) as active_actors,
            count(*) filter (where uses > 0) / nullif(count(*), 0) as share,
            coalesce(sum(uses), 0)::bigint as events,
            quantile_cont(uses, 0.5) filter (where uses > 0) as events_per_actor_median
        from people
        """
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
    return Result([row], {"feature": feature, "event": event.label if event else None, **row})


def _known(scope: Scope) -> str:
    """What can be asked about: the features of the plan, else the events that arrived."""
    for word, sql in (
        (
            "features",
            "select distinct feature from marts.dim_features where feature is not null order by 1 limit 20",
        ),
        ("events", "select distinct event_name from marts.fct_event_days order by 1 limit 20"),
    ):
        names = [row[0] for row in scope.session.run(sql)]
        if names:
            return f"the {word} of this version are {', '.join(names)}"
    return "this version holds no events"
