"""When something went live: a feature of the tracking plan, an event, a release, or a day that somebody names.

Knows the plan's `live_from`, the releases of a version and the first days of events. Must not know any question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import Selector, nearest
from dashboards.engine.asked_days import named_day
from dashboards.engine.scope import Scope, flag


@dataclass(frozen=True)
class Launch:
    """A thing that went live on a day of the reporting zone. `known_by` says who told the day."""

    name: str
    on: date
    known_by: str
    feature: str | None = None


def launch_of(scope: Scope, text: str) -> Launch:
    """The launch that `release` names; an error names the nearest one."""
    wanted = text.strip().lower()
    for feature, name in _rows(
        scope, "marts.dim_features", "select feature, coalesce(name, feature)"
    ):
        if wanted in (feature.lower(), name.lower()):
            found = feature_launch(scope, feature)
            if found is None:
                raise BadParameter(
                    f"nobody declared when the feature `{feature}` went live, and no value event of it arrived; "
                    "write `live_from` at its value event in the tracking plan, or give a day like `release=2026-03-01`"
                )
            return found
    for event, live_from in _rows(
        scope, "marts.dim_events", "select event_name, live_from", "live_from is not null"
    ):
        if wanted == event.lower():
            return Launch(event, live_from, "live_from in the tracking plan")
    brought = _brought(scope, wanted)
    try:
        day = named_day(scope, text, "release")
    except BadParameter:
        known = known_launches(scope)
        close = nearest(text, known)
        raise BadParameter(
            f"`release` is a feature, an event or a release with a known day, or a day like 2026-03-01, not `{text[:60]}`"
            + (f"; the nearest is `{close}`" if close else "; this version knows no launch at all")
        ) from None
    is_written = text[:4].isdigit() and len(text) in (7, 10)
    return Launch(text, day, "the day that was asked for" if is_written else "its release", brought)


def _brought(scope: Scope, release: str) -> str | None:
    """The feature that a release brought, where the company says so; versions from before releases.yml do not know."""
    if not scope.published.has("marts.dim_releases"):
        return None
    rows = scope.session.rows(
        "select * from marts.dim_releases where lower(release) = ?", [release]
    )
    return next((row["feature"] for row in rows if row.get("feature")), None)


def feature_launch(scope: Scope, feature: str) -> Launch | None:
    """The first day on which a value event of the feature is live by the plan, else on which one arrived."""
    declared = _rows(
        scope,
        "marts.dim_events",
        "select min(live_from)",
        "feature = ? and value_event",
        [feature],
    )
    if declared and declared[0][0]:
        return Launch(feature, declared[0][0], "live_from in the tracking plan", feature)
    named = _rows(
        scope, "marts.dim_events", "select event_name", "feature = ? and value_event", [feature]
    )
    arrived = first_seen(scope, [name for name, _ in named])
    return Launch(feature, arrived, "its first value event", feature) if arrived else None


def first_seen(scope: Scope, events: Sequence[str]) -> date | None:
    """The first day with one of these events of somebody who counts: staff try a feature out before it is live."""
    if not events:
        return None
    named = flag(Selector(tuple(events)))
    as_of = scope.as_of if scope.as_of_given else None
    row = scope.session.run(
        f"""
        select min(local_date)
        from marts.fct_events
        where {named.sql} and left_out_because is null
            and (?::timestamp is null or occurred_at < ?::timestamp)
        """,  # noqa: S608
        [*named.params, as_of, as_of],
    )[0]
    found: date | None = row[0]
    return found


def known_launches(scope: Scope) -> list[str]:
    """What can be asked about by name: releases, and features whose value event says since when it is live."""
    releases = _rows(scope, "marts.dim_releases", "select distinct release")
    features = _rows(
        scope,
        "marts.dim_events",
        "select distinct feature",
        "feature is not null and value_event and live_from is not null",
    )
    return sorted({row[0] for row in [*releases, *features]})


def _rows(
    scope: Scope, table: str, select: str, where: str = "true", params: list[str] | None = None
) -> list[tuple[Any, Any]]:
    if not scope.published.has(table):
        return []
    return [
        (row[0], row[-1])
        for row in scope.session.run(f"{select} from {table} where {where} order by 1", params)
    ]
