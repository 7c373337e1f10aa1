"""The property of each person's first active event of a day, from the mart that keeps it.

Knows `fct_person_day_firsts` and which properties it has. Must not know any question, nor how events are read where it
does not do.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from dashboards.engine.breakdown import NO_VALUE
from dashboards.engine.conditions import BUILT_IN, pointer
from dashboards.engine.person_days import ANY_ACTIVE, Days, kept_days
from dashboards.engine.scope import Scope

KEPT_IN = "marts.fct_person_day_firsts"
# The rows of the mart are those of the active days, and have their columns as far as they are asked for here.
FIRSTS = f"{KEPT_IN} as fct_person_days"


@dataclass(frozen=True)
class FirstValues:
    """The rows of the mart in the asked range, and the column that tells the group."""

    days: Days
    value: str


def first_value(scope: Scope, name: str, of: str) -> str | None:
    """The group by that property at the first active event of a day; none where the mart does not keep it."""
    if of != "event" or not scope.published.has(KEPT_IN):
        return None
    column = name if name in BUILT_IN else scope.kept_properties().get(pointer(name))
    if column is not None and KEPT_IN not in scope.reads:
        scope.reads.append(KEPT_IN)
    return None if column is None else f"coalesce(fct_person_days.{column}, '{NO_VALUE}')"


def first_values(
    scope: Scope,
    name: str,
    of: str,
    units: Collection[str],
    since: datetime | None,
    until: datetime | None,
) -> FirstValues | None:
    """The same with the active days of [since, until), where those of any activity do for what is asked."""
    value = first_value(scope, name, of)
    days = kept_days(scope, ANY_ACTIVE, units, since, until) if value is not None else None
    return None if value is None or days is None else FirstValues(days, value)
