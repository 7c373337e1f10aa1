"""What a funnel is asked for: its checked parameters, and what contradicts said so (metrics.md, section 2).

Knows the parameters of the questions `funnel` and `time_to_convert`. Must not know how units are found or counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector
from dashboards.engine.matcher import Rules
from dashboards.engine.periods import Period
from dashboards.engine.scope import Scope

SECOND = 1_000_000


@dataclass(frozen=True)
class Funnel:
    """The checked parameters of one funnel; `periods` are its entry buckets when it runs over time (F18)."""

    steps: tuple[Selector, ...]
    rules: Rules
    exclusions: tuple[tuple[Selector, int | None], ...]
    hold_constant: str | None
    breakdown: str | None
    attribution: str
    property_of: str = "event"
    periods: tuple[Period, ...] = ()

    @property
    def runs_in_sql(self) -> bool:
        """Whether the fast path is exact: in sequence, no event fits two steps, nothing special asked."""
        return self._is_plain and self.rules.order == "sequential" and self._is_apart

    @property
    def runs_strictly_in_sql(self) -> bool:
        """Whether the fast path of the strict order is exact."""
        return self._is_plain and self.rules.order == "strict"

    @property
    def runs_anyhow_in_sql(self) -> bool:
        """Whether the fast path of any order is exact: nothing is anchored, and no step needs another event than its first."""
        free = not self.rules.anchored and self.breakdown is None
        return self._is_plain and self.rules.order == "any" and self._is_apart and free

    @property
    def _is_apart(self) -> bool:
        """Whether no event fits two steps."""
        names = [name for step in self.steps for name in step.names]
        return all(step.names for step in self.steps) and len(names) == len(set(names))

    @property
    def _is_plain(self) -> bool:
        return (
            self.rules.entry == "best"
            and not self.rules.totals
            and not self.exclusions
            and self.rules.tie == 0
        )


def read_funnel(scope: Scope) -> Funnel:
    """The funnel that the parameters describe; what contradicts is an error."""
    p = scope.params
    steps: tuple[Selector, ...] = p["steps"]
    exclusions = p["exclusions"] or ()
    anchored = tuple(n for n, step in enumerate(steps, 1) if step.anchored)
    _check_exclusions(exclusions, len(steps))
    if anchored and p["order"] != "any":
        raise BadParameter(
            "a step is `anchored` only in `order=any`; in the other orders every step has its place"
        )
    if p["optimized_reentry"] and p["dialect"] != "mixpanel":
        raise BadParameter("`optimized_reentry` belongs to `dialect=mixpanel`")
    _check_attribution(p["attribution"], len(steps))
    entry = "optimized" if p["optimized_reentry"] else p["entry"]
    totals = p["count"] == "totals"
    assert scope.from_at is not None and scope.to_at is not None
    rules = Rules(
        steps=len(steps),
        window=p["window"] * SECOND,
        from_at=micros(scope.from_at),
        to_at=micros(scope.to_at),
        order=p["order"],
        totals=totals,
        tie=SECOND * p["tie_seconds"],
        entry=entry,
        by_segment=bool(p["breakdown"])
        and entry == "first"
        and not totals
        and not p["hold_constant"],
        holds_entry=bool(p["hold_constant"]) and entry == "first",
        exclusion_mode=p["exclusion_mode"],
        exclusion_steps=tuple(after for _, after in exclusions),
        anchored=anchored,
    )
    period = p.get("period") or "none"
    periods = tuple(scope.spine(period)) if period != "none" else ()
    return Funnel(
        steps,
        rules,
        exclusions,
        p["hold_constant"],
        p["breakdown"],
        p["attribution"],
        p["property_of"],
        periods,
    )


def _check_exclusions(exclusions: tuple[tuple[Selector, int | None], ...], steps: int) -> None:
    for _, after in exclusions:
        if after is not None and after >= steps:
            raise BadParameter(
                f"`exclusions.after_step` is {after}, but the last step that another follows is {steps - 1}"
            )


def _check_attribution(attribution: str, steps: int) -> None:
    if attribution.startswith("step"):
        place = attribution.removeprefix("step").strip("_ ")
        if not place.isdigit() or not 1 <= int(place) <= steps:
            raise BadParameter(
                f"`attribution` step_k has k from 1 to {steps}; the nearest is `step_1`"
            )
    elif attribution not in ("first_touch", "last_touch", "every_step"):
        raise BadParameter(
            f"`attribution` is first_touch, last_touch, every_step or step_1 to step_{steps}, not `{attribution[:40]}`"
        )


def micros(instant: datetime) -> int:
    """Naive UTC as microseconds since 1970."""
    return (instant - datetime(1970, 1, 1)) // timedelta(microseconds=1)
