"""Adoption of a feature since its launch (metric rule D2).

Knows eligibility, days since it, and the stages tried, adopted and retained. Must not know the catalogue. SQL gives one
count per stage; shares and intervals are of people whose days are over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashboards.engine.active_periods import active_people
from dashboards.engine.asked_days import local_day, named_day
from dashboards.engine.conditions import Fragment
from dashboards.engine.features import (
    Use,
    are_active,
    asked_use,
    could_use,
    joins_person,
    named_uses,
    warn_without_value_event,
)
from dashboards.engine.launches import Launch, feature_launch, first_seen
from dashboards.engine.person_days import count_periods
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope
from dashboards.engine.statistics import wilson

ADOPTED_BY = 28  # days since the first eligible day, that day being day 0
RETAINED_BY = 56


@dataclass(frozen=True)
class Stage:
    """How many reached a stage, and of those whose days for it are over."""

    name: str
    actors: int
    pending: int
    matured: int
    matured_reached: int
    matured_tried: int

    def row(self) -> dict[str, Any]:
        """The stage as a row; a share without anybody behind it is no data."""
        low, high = wilson(self.matured_reached, self.matured) or (None, None)
        return {
            "stage": self.name,
            "actors": self.actors,
            "pending": self.pending,
            "matured": self.matured,
            "matured_reached": self.matured_reached,
            "share": self.matured_reached / self.matured if self.matured else None,
            "ci_low": low,
            "ci_high": high,
            "share_of_tried": self.matured_reached / self.matured_tried
            if self.matured_tried
            else None,
        }


def adoption(scope: Scope) -> Result:
    """The four stages: eligible, tried, adopted, retained."""
    use = asked_use(scope, "feature_adoption")
    warn_without_value_event(scope, use)
    launch = _launch(scope, use)
    if launch is None:
        scope.caveat(f"No value event of {use.label} has arrived and none says since when it is live, so there is nothing to adopt yet.")  # fmt: skip
        return Result([], {"feature": use.feature, "launched_on": None, "eligible": 0})
    if launch.known_by == "its first value event":
        scope.caveat(f"The tracking plan does not say since when {use.label} is live; its first value event ({launch.on}) is taken.")  # fmt: skip
    _days(scope, use, launch.on)
    _people(scope, launch.on)
    counts = scope.run(
        """
        select
            count(*) as eligible,
            count(*) filter (where first_use_age is not null) as tried,
            count(*) filter (where early_days >= 2) as adopted,
            count(*) filter (where early_days < 2 and not is_28_over) as adopted_pending,
            count(*) filter (where is_28_over) as adopted_matured,
            count(*) filter (where is_28_over and early_days >= 2) as adopted_matured_reached,
            count(*) filter (where is_28_over and early_days >= 1) as adopted_matured_tried,
            count(*) filter (where early_days >= 1 and came_again) as retained,
            count(*) filter (
                where not is_56_over and not (early_days >= 1 and came_again) and (early_days >= 1 or not is_28_over)
            ) as retained_pending,
            count(*) filter (where is_56_over) as retained_matured,
            count(*) filter (where is_56_over and early_days >= 1 and came_again) as retained_matured_reached,
            count(*) filter (where is_56_over and early_days >= 1) as retained_matured_tried,
            quantile_cont(first_use_age, 0.5) as median_days_to_first_use
        from people
        """
    )[0]
    eligible, tried = counts["eligible"], counts["tried"]
    stages = [
        Stage("eligible", eligible, 0, eligible, eligible, 0),
        Stage("tried", tried, 0, eligible, tried, 0),
        *(
            Stage(name, counts[name], *(counts[f"{name}_{part}"] for part in ("pending", "matured", "matured_reached", "matured_tried")))
            for name in ("adopted", "retained")
        ),
    ]  # fmt: skip
    if not eligible:
        scope.caveat("Nobody was eligible in the range, so there is no share.")
    scope.caveat("People are in it from the first day on which they could use the feature; `from` and `to` bound that day.")  # fmt: skip
    return Result(
        [stage.row() for stage in stages],
        {
            "feature": use.feature,
            "event": use.event.label if use.event else None,
            "launched_on": launch.on,
            "launch_known_by": launch.known_by,
            "eligible": eligible,
            "median_days_to_first_use": counts["median_days_to_first_use"],
            "used_without_being_eligible": _outsiders(scope),
        },
    )


def _launch(scope: Scope, use: Use) -> Launch | None:
    if scope.params["launch"]:
        day = named_day(scope, scope.params["launch"], "launch")
        return Launch(use.label, day, "the day that was asked for", use.feature)
    if use.feature:
        return feature_launch(scope, use.feature)
    assert use.event is not None
    first = first_seen(scope, use.event.names)
    return Launch(use.label, first, "its first value event") if first else None


def _days(scope: Scope, use: Use, launched_on: date) -> None:
    """The first eligible day of each person since the launch, and the days on which somebody used it."""
    begun = scope.calendar.midnight(launched_on)
    person = {"person": Fragment(EVENT_COLUMNS["person"])}
    uses = named_uses(scope, use)
    if uses is not None:
        days = {"person": "person", "local_date": "date"}
        count_periods(scope, "use_days", uses, days, {}, begun)
    else:
        scope.run("create or replace temp table use_days (person ubigint, local_date date)")
    if scope.params["eligible"] is None and active_people(scope, begun):
        if uses is not None and are_active(scope, uses):
            scope.run(
                "create or replace temp table eligible as select person, first_on as eligible_on from active_people"
            )
            return
        scope.run(
            """
            create or replace temp table eligible as
            with days as (
                select person, first_on from active_people
                union all
                select person, local_date from use_days
            )

            select person, min(first_on) as eligible_on
            from days
            group by all
            """
        )
        return
    scope.events(
        person,
        only=could_use(scope, use),
        table="eligible",
        since=begun,
        joins_person=joins_person(scope, use),
        counted={"eligible_on": "min(fct_events.local_date)"},
    )


def _people(scope: Scope, launched_on: date) -> None:
    """One row per eligible person: the days of use since the first eligible day, which is day 0."""
    # Day k is over when the day after it has begun.
    today = local_day(scope.calendar, scope.as_of)
    assert today is not None
    scope.run(
        """
        create or replace temp table people as
        with ages as (
            select eligible.*, (use_days.local_date - eligible.eligible_on)::integer as age
            from eligible
            left join use_days
                on eligible.person = use_days.person
                and use_days.local_date >= eligible.eligible_on
            where eligible.eligible_on >= $from_day and eligible.eligible_on < $to_day
        ),

        told as (
            select
                person,
                any_value(eligible_on) as eligible_on,
                min(age) as first_use_age,
                count(*) filter (where age <= $adopted_by) as early_days,
                coalesce(bool_or(age > $adopted_by and age <= $retained_by), false) as came_again
            from ages
            group by person
        )

        select
            *,
            eligible_on + $adopted_by < $today as is_28_over,
            eligible_on + $retained_by < $today as is_56_over
        from told
        """,
        {
            "from_day": local_day(scope.calendar, scope.from_at) or launched_on,
            "to_day": local_day(scope.calendar, scope.to_at) or today + timedelta(days=1),
            "today": today,
            "adopted_by": ADOPTED_BY,
            "retained_by": RETAINED_BY,
        },
    )


def _outsiders(scope: Scope) -> int:
    """People who used the feature and were at no time eligible as asked; where nothing is asked, using it makes eligible."""
    if scope.params["eligible"] is None:
        return 0
    rows = scope.run(
        """
        select count(distinct use_days.person) as people
        from use_days
        anti join eligible
            on use_days.person = eligible.person
        """
    )
    found: int = rows[0]["people"]
    if found:
        scope.caveat(
            f"{found} people used it without being eligible as asked; they are in no share."
        )
    return found
