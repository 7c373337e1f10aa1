"""Before and after a launch (standard question 24): weekday-matched days, whole weeks, adopters and others.

Knows the weeks around a day and how they are compared. Must not know the catalogue, and never says that the launch was the
cause. Weeks are counted from the launch day, so that each holds every weekday once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashboards.engine.asked_days import data_begins, local_day
from dashboards.engine.conditions import Fragment
from dashboards.engine.features import Use
from dashboards.engine.launches import Launch, launch_of
from dashboards.engine.person_days import ANY_ACTIVE, count_periods
from dashboards.engine.scope import EVENT_COLUMNS, Result, Scope
from dashboards.engine.statistics import Arm, Comparison, compare, t_quantile
from dashboards.engine.timeline import Happening, happenings

WEEK = timedelta(days=7)
NOT_CAUSE = (
    "Adopters chose to adopt: the difference goes together with the feature, it is not its effect."
)


@dataclass(frozen=True)
class Weeks:
    """The whole weeks before and after the launch that the data hold; each is its first day."""

    launched_on: date
    before: tuple[date, ...]
    after: tuple[date, ...]
    earlier: tuple[date, ...]  # one window before, where nothing was launched


def launch_effect(scope: Scope) -> Result:
    """A row per day after the launch beside its weekday before, and a row per group for the whole."""
    launch = launch_of(scope, scope.params["release"])
    if not _has_come(scope, launch):
        return Result([], _not_yet(scope, launch))
    weeks = _weeks(scope, launch.on)
    values = _daily(scope, launch.on)
    rows = _day_rows(scope, launch.on, values)
    whole = _whole("everyone", weeks.before, weeks.after, values)
    earlier = _whole("a window earlier", weeks.earlier, weeks.before, values)
    beyond = _beyond_trend(weeks, values)
    rows += [whole, earlier, beyond]
    feature = scope.params["feature"] or launch.feature
    if feature:
        rows += _adopters(scope, Use(feature, None), weeks)
    else:
        scope.caveat("Nobody said which feature the launch brought, so adopters are not told from others; name `feature`.")  # fmt: skip
    return Result(rows, _summary(scope, launch, feature, whole, beyond, weeks))


def _has_come(scope: Scope, launch: Launch) -> bool:
    """Whether the launch day has begun by as-of; before that nothing can have changed by it."""
    if scope.calendar.midnight(launch.on) <= scope.as_of:
        return True
    seen = scope.calendar.to_local(scope.as_of).date()
    scope.caveat(
        f"No data: {launch.name} is to go live on {launch.on} by {launch.known_by}, and the data are known up to {seen};"
        " it has not come, so there is nothing to compare."
    )
    return False


def _not_yet(scope: Scope, launch: Launch) -> dict[str, Any]:
    return {
        "launch": launch.name,
        "launched_on": launch.on,
        "known_by": launch.known_by,
        "feature": scope.params["feature"] or launch.feature,
        "measure": scope.params["measure"],
        "verdict": "has not come",
    }


def _weeks(scope: Scope, launched_on: date) -> Weeks:
    """Whole weeks inside the range, the data and as-of, the nearest to the launch first."""
    first, end = _seen(scope)
    count = scope.params["weeks"]
    before = [launched_on - n * WEEK for n in range(1, 2 * count + 1)]
    after = [launched_on + n * WEEK for n in range(count)]

    def inside(starts: list[date]) -> tuple[date, ...]:
        return tuple(
            day for day in starts if first is not None and first <= day and day + WEEK <= end
        )

    weeks = Weeks(launched_on, inside(before[:count]), inside(after), inside(before[count:]))
    if len(weeks.after) < count:
        scope.caveat(f"{len(weeks.after)} of {count} weeks after {launched_on} are over; only whole weeks are compared.")  # fmt: skip
    if len(weeks.before) < count:
        scope.caveat(
            f"The data hold {len(weeks.before)} of {count} whole weeks before {launched_on}."
        )
    return weeks  # fmt: skip


def _seen(scope: Scope) -> tuple[date | None, date]:
    """The first day of the data in the range, and the first day that is not over."""
    today = local_day(scope.calendar, scope.as_of)
    assert today is not None
    begun = data_begins(scope)
    asked, end = local_day(scope.calendar, scope.from_at), local_day(scope.calendar, scope.to_at)
    return (max(begun, asked) if begun and asked else begun), min(today, end or today)


def _daily(scope: Scope, launched_on: date) -> dict[date, int]:
    """What is measured, by day; a day without any is not in it."""
    window = scope.params["weeks"] * WEEK
    count_periods(
        scope,
        "scoped_events",
        scope.params["event"] or ANY_ACTIVE,
        {"person": "person", "local_date": "date"},
        {"events": "events"},
        scope.calendar.midnight(launched_on - 2 * window),
        scope.calendar.midnight(launched_on + window),
    )
    measured = "sum(events)::bigint" if scope.params["measure"] == "events" else "count(*)"
    rows = scope.run(
        f"select local_date, {measured} as value from scoped_events group by all order by local_date"  # noqa: S608
    )
    return {row["local_date"]: row["value"] for row in rows}


def _day_rows(scope: Scope, launched_on: date, values: dict[date, int]) -> list[dict[str, Any]]:
    """Each day after the launch beside the day of the same weekday one window before."""
    first, end = _seen(scope)
    window = scope.params["weeks"] * WEEK
    rows = []
    for n in range(7 * scope.params["weeks"]):
        day = launched_on + timedelta(days=n)
        twin = day - window
        was = values.get(twin, 0) if first is not None and first <= twin < end else None
        now = values.get(day, 0) if first is not None and first <= day < end else None
        rows.append(
            {
                "comparison": "everyone",
                "day": n,
                "before_on": twin,
                "after_on": day,
                "before": was,
                "after": now,
                "change_absolute": now - was if was is not None and now is not None else None,
                "change_relative": now / was - 1 if now is not None and was else None,
                "complete": day < end,
            }
        )
    return rows


def _whole(
    name: str,
    before: tuple[date, ...],
    after: tuple[date, ...],
    values: dict[date, int],
) -> dict[str, Any]:
    """The mean of a day in the weeks after against before; weeks are the units, for days of a week go together."""
    was, now = (_arm(weeks, values) for weeks in (before, after))
    row = _total(name, len(before), len(after))
    if was is None or now is None:
        return row
    found = compare(was, now)
    return {**row, "before": was.mean, "after": now.mean, **_interval(found)}


def _beyond_trend(weeks: Weeks, values: dict[date, int]) -> dict[str, Any]:
    """How much the change is more than the one a window earlier: what growth as before does not explain.

    (after - before) - (before - earlier), with Welch's interval of such a sum of three means.
    """
    arms = [_arm(side, values) for side in (weeks.after, weeks.before, weeks.earlier)]
    row = _total("everyone less a window earlier", len(weeks.before), len(weeks.after))
    if any(arm is None for arm in arms):
        return row
    after, before, earlier = (arm for arm in arms if arm is not None)
    weighed = [(after, 1), (before, 2), (earlier, 1)]
    change = after.mean - 2 * before.mean + earlier.mean
    row["change_absolute"] = change
    errors = [(weight * arm.stddev) ** 2 / arm.units for arm, weight in weighed]
    if min(arm.units for arm, _ in weighed) < 2 or not math.fsum(errors):
        return row
    freedom = math.fsum(errors) ** 2 / math.fsum(
        error**2 / (arm.units - 1) for error, (arm, _) in zip(errors, weighed, strict=True)
    )
    reach = t_quantile(freedom) * math.sqrt(math.fsum(errors))
    return {**row, "ci_low": change - reach, "ci_high": change + reach}


def _arm(weeks: tuple[date, ...], values: dict[date, int]) -> Arm | None:
    if not weeks:
        return None
    means = [math.fsum(values.get(start + timedelta(days=n), 0) for n in range(7)) / 7 for start in weeks]  # fmt: skip
    mean = math.fsum(means) / len(means)
    spread = math.fsum((x - mean) ** 2 for x in means)
    return Arm(len(means), mean, math.sqrt(spread / (len(means) - 1)) if len(means) > 1 else 0.0)


def _total(name: str, before: int | None, after: int | None) -> dict[str, Any]:
    return {"comparison": name, "day": None, "n_before": before, "n_after": after, "complete": True}


def _interval(found: Comparison) -> dict[str, Any]:
    return {
        "change_absolute": found.lift_absolute,
        "change_relative": found.lift_relative,
        "ci_low": found.absolute_low,
        "ci_high": found.absolute_high,
        "p_value": found.p_value,
    }


def _adopters(scope: Scope, use: Use, weeks: Weeks) -> list[dict[str, Any]]:
    """Active days per person and week, before and after, of people seen in both: those who used the feature after, and others."""
    if not weeks.before or not weeks.after:
        return []
    used = use.taken
    window = {
        "first": min(weeks.before),
        "launch": weeks.launched_on,
        "end": max(weeks.after) + WEEK,
    }
    scope.events(
        {"person": Fragment(EVENT_COLUMNS["person"])},
        only=Fragment(f"fct_events.occurred_at >= ? and {used.sql}", (scope.calendar.midnight(window["launch"]), *used.params)),
        until=scope.calendar.midnight(window["end"]),
        table="adopters",
        counted={"uses": "count(*)"},
    )  # fmt: skip
    found = scope.run(
        """
        with people as (
            select
                person,
                count(*) filter (where local_date < $launch) / $weeks_before as before,
                count(*) filter (where local_date >= $launch) / $weeks_after as after
            from scoped_events
            where local_date >= $first and local_date < $end
            group by all
            having before > 0 and after > 0
        )
        select
            case when adopters.person is null then 'others' else 'adopters' end as comparison,
            count(*) as n,
            avg(people.before) as before,
            avg(people.after) as after,
            avg(people.after - people.before) as change,
            coalesce(stddev_samp(people.after - people.before), 0) as stddev
        from people
        left join adopters
            on people.person = adopters.person
        group by all
        order by comparison
        """,
        {**window, "weeks_before": len(weeks.before), "weeks_after": len(weeks.after)},
    )
    scope.caveat(NOT_CAUSE)
    if any(row["n"] < scope.minimum_group_size for row in found):
        scope.caveat(
            f"Adopters or others are under {scope.minimum_group_size} people, so neither is shown."
        )
        return []  # fmt: skip
    rows = [_group(row) for row in found]
    if len(found) == 2:
        adopters, others = (Arm(row["n"], row["change"], row["stddev"]) for row in found)
        between = compare(others, adopters)
        rows.append(
            {
                **_total("adopters less others", others.units, adopters.units),
                "before": others.mean,
                "after": adopters.mean,
                "change_absolute": between.lift_absolute,
                "ci_low": between.absolute_low,
                "ci_high": between.absolute_high,
                "p_value": between.p_value,
            }
        )
    return rows


def _group(row: dict[str, Any]) -> dict[str, Any]:
    """The mean change of a person with its interval: the paired t interval is Welch's against a zero without spread."""
    found = compare(Arm(row["n"], 0.0, 0.0), Arm(row["n"], row["change"], row["stddev"]))
    return {
        **_total(row["comparison"], row["n"], row["n"]),
        "before": row["before"],
        "after": row["after"],
        "change_absolute": row["change"],
        "change_relative": row["change"] / row["before"] if row["before"] else None,
        "ci_low": found.absolute_low,
        "ci_high": found.absolute_high,
        "p_value": found.p_value,
    }


def _summary(
    scope: Scope,
    launch: Launch,
    feature: str | None,
    whole: dict[str, Any],
    beyond: dict[str, Any],
    weeks: Weeks,
) -> dict[str, Any]:
    if whole.get("change_absolute") is None:
        scope.caveat(
            "There is no whole week on both sides of the launch, so there is no comparison."
        )
    elif whole.get("ci_low") is None:
        scope.caveat(
            "An interval needs two whole weeks on each side of the launch."
            if min(len(weeks.before), len(weeks.after)) < 2
            else "All weeks of a side are the same, so nothing says how much they vary and there is no interval."
        )
    return {
        "launch": launch.name,
        "launched_on": launch.on,
        "known_by": launch.known_by,
        "feature": feature,
        "measure": scope.params["measure"],
        "weeks_before": len(weeks.before),
        "weeks_after": len(weeks.after),
        "change_absolute": whole.get("change_absolute"),
        "change_relative": whole.get("change_relative"),
        "ci_low": whole.get("ci_low"),
        "ci_high": whole.get("ci_high"),
        "verdict": _verdict(whole, weeks),
        "beyond_trend": _verdict(beyond, weeks),
        "timeline": [
            {"on": h.at.isoformat(), "kind": h.kind, "what": h.name, "detail": h.detail}
            for h in _beside(scope, launch, feature)
        ],
    }


def _verdict(row: dict[str, Any], weeks: Weeks) -> str:
    low, high = row.get("ci_low"), row.get("ci_high")
    if low is None or high is None:
        if len(weeks.after) < 2:
            return "too early"
        return "cannot be judged"
    return "up" if low > 0 else "down" if high < 0 else "no clear change"


def _beside(scope: Scope, launch: Launch, feature: str | None) -> list[Happening]:
    """What else is known of the weeks around the launch; the launch itself is not beside itself."""
    own = {launch.name}
    if feature:
        own |= {feature} | {
            row[0]
            for row in scope.session.run(
                "select event_name from marts.dim_events where feature = ?", [feature]
            )
        }
    window = scope.params["weeks"] * WEEK
    found = happenings(scope, launch.on - window, launch.on + window)
    return [h for h in found if not (h.at == launch.on and h.name in own)]
