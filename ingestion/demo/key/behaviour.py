"""Truths about behaviour: comings and goings, rhythm, sessions, segments, changes, what a test finds, paths, early actions.

Knows: what was planted in the product's events. Must not know: dbt, the engine, or anything that they computed. A person's source
is that of an event: the web is exported by Amplitude, the app by Mixpanel.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from ingestion.demo.key.model import Check, Planted, Truth
from ingestion.demo.scene import DAY, MINUTE

ONE_DAY = timedelta(days=1)
WEEK = timedelta(days=7)
PAUSE = 30 * MINUTE
EXPORTED = "report_exported"
FEWEST = 5  # the minimum size of a group that an answer shows


def behaviour_truths(planted: Planted) -> list[Truth]:
    """Staff and robots are no customers; everything here is without them."""
    customers = planted.frame.filter(pl.col("person") < planted.people.staff_from).with_columns(
        source=pl.when(pl.col("platform") == 0)
        .then(pl.lit("amplitude"))
        .otherwise(pl.lit("mixpanel"))
    )
    active = customers.filter(pl.col("is_active"))
    web = _sessions(customers.filter((pl.col("platform") == 0) & (pl.col("name") != "$identify")))
    return [
        _comings(active),
        _rhythm(active),
        _visits(web),
        _segments(active),
        _change(active),
        _sensitivity(active),
        *_paths(web),
        *_early_actions(customers, active),
    ]


def _in(first: date, end: date) -> pl.Expr:
    return (pl.col("local_date") >= first) & (pl.col("local_date") < end)


def _comings(active: pl.DataFrame) -> Truth:
    def people(first: date, end: date) -> set[int]:
        return set(active.filter(_in(first, end))["person"])

    october, november = (
        people(date(2025, 10, 1), date(2025, 11, 1)),
        people(date(2025, 11, 1), date(2025, 12, 1)),
    )
    before = people(date(2025, 1, 1), date(2025, 11, 1))
    check = Check(
        "lifecycle",
        {"period": "month", "from": "2025-11-01", "to": "2025-12-01"},
        {"period_start": "2025-11-01"},
        {
            "new": len(november - before),
            "current": len(november & october),
            "resurrected": len((november & before) - october),
            "dormant": len(october - november),
        },
    )
    return Truth(
        "lifecycle", "Who came, stayed, came back and went quiet in November 2025", (check,)
    )


def _rhythm(active: pl.DataFrame) -> Truth:
    days = (
        active.filter(_in(date(2025, 11, 1), date(2025, 12, 1)))
        .group_by("person")
        .agg(pl.col("local_date").n_unique())
    )
    checks = tuple(
        Check(
            "stickiness",
            {"period": "month", "from": "2025-11-01", "to": "2025-12-01"},
            {"units_active": k},
            {
                "actors_exactly": days.filter(pl.col("local_date") == k).height,
                "actors_at_least": days.filter(pl.col("local_date") >= k).height,
            },
        )
        for k in (1, 5)
    )
    return Truth("stickiness", "On how many days of November 2025 people were active", checks)


def _sessions(events: pl.DataFrame) -> pl.DataFrame:
    """The events with the number of their session and its first day: a pause of more than 30 minutes ends one."""
    begins = (pl.col("at").diff() > PAUSE).fill_null(True)
    numbered = events.sort("person", "at").with_columns(
        number=begins.over("person").cum_sum().over("person")
    )
    return numbered.with_columns(began_on=pl.col("local_date").first().over("person", "number"))


def _visits(web: pl.DataFrame) -> Truth:
    begun = web.filter(pl.col("began_on").is_between(date(2025, 11, 1), date(2025, 11, 30)))
    each = begun.group_by("person", "number").agg(
        events=pl.len(), seconds=(pl.col("at").max() - pl.col("at").min()) / 1e6
    )
    check = Check(
        "sessions",
        {"period": "month", "source": "amplitude", "from": "2025-11-01", "to": "2025-12-01"},
        {"period_start": "2025-11-01"},
        {
            "sessions": each.height,
            "actors": each["person"].n_unique(),
            "events_per_session": int(each["events"].sum()) / each.height,
            "median_seconds": each["seconds"].median(),
        },
    )
    return Truth(
        "sessions",
        "Sessions on the web that began in November 2025, and how long they were",
        (check,),
    )


def _segments(active: pl.DataFrame) -> Truth:
    october = active.filter(_in(date(2025, 10, 1), date(2025, 11, 1)))
    people = (
        october.sort("at")
        .group_by("person")
        .agg(source=pl.col("source").first(), used=(pl.col("name") == EXPORTED).any())
    )
    params = {
        "metric": "feature_usage",
        "event": EXPORTED,
        "dimension": "source",
        "from": "2025-10-01",
        "to": "2025-11-01",
    }
    checks = tuple(
        Check(
            "segments",
            params,
            {"segment": source},
            {"n": group.height, "total": int(group["used"].sum())},
        )
        for (source,), group in people.group_by("source")
        if group.height >= FEWEST
    )
    return Truth(
        "segments",
        "Who exported a report in October 2025, by where people were first that month",
        tuple(sorted(checks, key=str)),
    )


def _change(active: pl.DataFrame) -> Truth:
    first = date(2025, 12, 1)
    cells: list[dict[str, tuple[int, int]]] = []
    for start in (first, first + WEEK):
        reach = active.filter(_in(start - 28 * ONE_DAY, start + WEEK)).sort("at")
        people = reach.group_by("person").agg(
            source=pl.col("source").first(), there=(pl.col("local_date") >= start).any()
        )
        cells.append(
            {
                source: (group.height, int(group["there"].sum()))
                for (source,), group in people.group_by("source")
            }
        )
    before, after = cells
    params = {
        "metric": "active_users",
        "dimension": "source",
        "period": "week",
        "from": "2025-12-08",
        "to": "2025-12-15",
    }
    whole = [sum(there for _, there in side.values()) for side in cells]
    checks = [
        Check(
            "why_moved",
            params,
            {"kind": "change"},
            {"before": whole[0], "after": whole[1], "effect": whole[1] - whole[0]},
        ),
        *(
            Check(
                "why_moved",
                params,
                {"kind": "segment", "name": source},
                {
                    "n_before": before[source][0],
                    "n_after": after[source][0],
                    "before": before[source][1],
                    "after": after[source][1],
                },
            )
            for source in sorted(before.keys() & after.keys())
            if min(before[source][0], after[source][0]) >= FEWEST
        ),
    ]
    return Truth(
        "why_moved",
        "Active people of the week of 8 December 2025 against the week before, by source",
        tuple(checks),
    )


def _sensitivity(active: pl.DataFrame) -> Truth:
    people = (
        active.filter(_in(date(2025, 12, 1), date(2025, 12, 29)))
        .group_by("person")
        .agg(used=(pl.col("name") == EXPORTED).any())
    )
    check = Check(
        "metric_sensitivity",
        {"metric": "feature_usage", "event": EXPORTED, "from": "2025-10-06", "to": "2025-12-29"},
        {"part": "test", "label": "4 weeks"},
        {"units": people.height, "value": int(people["used"].sum()) / people.height},
    )
    return Truth(
        "metric_sensitivity",
        "The people of a test of the last four weeks of 2025, and the share of them that exports",
        (check,),
    )


def _paths(web: pl.DataFrame) -> list[Truth]:
    """What follows a signup inside its session; left out where two events share an instant, whose order only their ids tell."""
    signups = web.filter(
        (pl.col("name") == "signup_completed") & _in(date(2025, 11, 1), date(2026, 1, 1))
    ).select("person", "number", since=pl.col("at"))
    after = web.join(signups, on=["person", "number"]).filter(pl.col("at") >= pl.col("since"))
    if after.select("person", "at").is_duplicated().any():
        return []
    following = (
        after.filter(pl.col("name") != "signup_completed")
        .sort("at")
        .group_by("person", "number")
        .agg(next=pl.col("name").first())
    )
    params = {
        "event": "signup_completed",
        "source": "amplitude",
        "depth": 1,
        "from": "2025-11-01",
        "to": "2026-01-01",
    }
    ended = signups.height - following.height
    next_up = (
        following["next"].value_counts().sort("count", "next", descending=[True, False]).row(0)
    )
    checks = [
        Check(
            "paths",
            params,
            {"step": 0},
            {"sessions": signups.height, "actors": signups["person"].n_unique()},
        ),
        Check("paths", params, {"step": 1, "event": next_up[0]}, {"sessions": next_up[1]}),
    ]
    if ended:
        checks.append(Check("paths", params, {"step": 1, "kind": "ended"}, {"sessions": ended}))
    return [
        Truth(
            "paths",
            "What people do right after they sign up on the web, November and December 2025",
            tuple(checks),
        )
    ]


def _early_actions(customers: pl.DataFrame, active: pl.DataFrame) -> list[Truth]:
    """Of those new in October 2025: who came back 14 to 28 days after the start, and who of those with an early action."""
    starters = (
        active.sort("at")
        .group_by("person")
        .agg(start=pl.col("at").first(), born_on=pl.col("local_date").first())
        .filter(pl.col("born_on").is_between(date(2025, 10, 1), date(2025, 10, 31)))
    )
    age = pl.col("at") - pl.col("start")
    back = set(
        active.join(starters, on="person").filter((age >= 14 * DAY) & (age < 28 * DAY))["person"]
    )
    early = customers.join(starters, on="person").filter((age >= 0) & (age < 7 * DAY))
    action = "onboarding_step_completed"
    did = set(early.filter(pl.col("name") == action)["person"])
    params = {"from": "2025-10-01", "to": "2025-11-01"}
    people = set(starters["person"])
    if not people:
        return []
    checks = [
        Check(
            "retention_drivers",
            params,
            None,
            {"actors": len(people), "retained": len(people & back)},
        )
    ]
    if FEWEST <= len(did) <= len(people) - FEWEST:
        row = {"event": action, "threshold": 1}
        checks.append(
            Check(
                "retention_drivers", params, row, {"actors": len(did), "retained": len(did & back)}
            )
        )
    return [
        Truth(
            "retention_drivers",
            "Of those new in October 2025, who came back after two weeks, and who of those who took an onboarding step",
            tuple(checks),
        )
    ]
