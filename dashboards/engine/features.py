"""What counts as using a feature, and who could have used it (metric rule D1).

Knows the value events of the tracking plan. Must not know any question.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector
from dashboards.engine.conditions import Fragment
from dashboards.engine.scope import Scope, flag, reads_person

ACTIVE = Selector(())


@dataclass(frozen=True)
class Use:
    """A feature's value events, or a named event in their place."""

    feature: str | None
    event: Selector | None

    @property
    def label(self) -> str:
        """How it is named on an answer."""
        return self.feature or (self.event.label if self.event else "")

    @property
    def taken(self) -> Fragment:
        """A condition that is true for the events that are a use."""
        if self.event:
            return flag(self.event)
        return Fragment("(fct_events.is_value_event and fct_events.feature = ?)", (self.feature,))


def asked_use(scope: Scope, question: str) -> Use:
    """The one of `feature` and `event` that is given; else an error that lists what could be."""
    feature, event = scope.params["feature"], scope.params["event"]
    if bool(feature) == bool(event):
        raise BadParameter(
            f"`{question}` needs exactly one of `feature` and `event`; {known(scope)}"
        )
    return Use(feature, event)


def named_uses(scope: Scope, use: Use) -> Selector | None:
    """The events that are a use by their names; none where the plan names no value event of the feature."""
    if use.event:
        return use.event
    planned = "select event_name from marts.dim_events where feature = ? and value_event order by 1"
    names = tuple(row[0] for row in scope.session.run(planned, [use.feature]))
    return Selector(names) if names else None


def are_active(scope: Scope, uses: Selector) -> bool:
    """Whether whoever did one of the events was active by it: the plan counts them all as activity."""
    query = "select count(*) from marts.dim_events where list_contains($1, event_name) and status <> 'unplanned' and counts_as_active"
    return scope.session.run(query, [[*uses.names]])[0][0] == len({*uses.names})


def warn_without_value_event(scope: Scope, use: Use) -> None:
    """Say so where nobody can have used the feature by definition."""
    if named_uses(scope, use) is None:
        scope.caveat(
            f"The tracking plan names no value event of {use.feature}, so nobody can have used it by definition."
        )


def could_use(scope: Scope, use: Use) -> Fragment:
    """A condition on events that make their actor eligible: an active event, or one as `eligible` says.

    Without `eligible` a use shows that its actor could use it, also where the plan does not count it as active.
    """
    eligible: Selector | None = scope.params["eligible"]
    if eligible:
        return flag(eligible)
    active = flag(ACTIVE)
    return Fragment(f"({active.sql} or {use.taken.sql})", (*active.params, *use.taken.params))


def joins_person(scope: Scope, use: Use) -> bool:
    """Whether the chosen events read the person's state."""
    return reads_person([s for s in (use.event, scope.params["eligible"]) if s])


def features(scope: Scope) -> list[str]:
    """The features of the tracking plan."""
    query = "select distinct feature from marts.dim_features where feature is not null order by 1"
    return [row[0] for row in scope.session.run(query)]


def known(scope: Scope) -> str:
    """What can be asked about: the features of the plan, else the events that arrived."""
    found = features(scope)
    query = "select distinct event_name from marts.fct_event_days order by 1 limit 20"
    word = "features" if found else "events"
    names = found[:20] or [row[0] for row in scope.session.run(query)]
    if not names:
        return "this version holds no events"
    return f"the {word} of this version are {', '.join(names)}"
