"""Truths about customers: how many come, who returns, who gets through, what their tools sent and how it arrived.

Knows: what was planted in the product's events. Must not know: dbt, the engine, or anything that they computed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from ingestion.demo.key.model import Check, Planted, Truth
from ingestion.demo.scene import DAY, END_US, LATE_DAY, LOST_CLOCK_DAY, SKEW_DAY

NEXT_DAY = timedelta(days=1)


def customer_truths(planted: Planted) -> list[Truth]:
    """Staff and robots are no customers; everything here is without them."""
    customers = planted.frame.filter(pl.col("person") < planted.people.staff_from)
    active = customers.filter(pl.col("is_active"))
    return [
        *_use(customers, active),
        *_retention(active),
        *_funnel(customers),
        *_names(customers),
        *_deliveries(planted, active),
    ]


def _days(first: date, end: date) -> pl.Expr:
    return (pl.col("local_date") >= first) & (pl.col("local_date") < end)


def _actors(frame: pl.DataFrame, first: date, end: date) -> int:
    return int(frame.filter(_days(first, end))["person"].n_unique())


def _active_on(active: pl.DataFrame, day: date) -> Check:
    params = {"from": str(day), "to": str(day + NEXT_DAY), "period": "day"}
    fields = {"active": _actors(active, day, day + NEXT_DAY)}
    return Check("active_users", params, {"period_start": str(day)}, fields)


def _use(customers: pl.DataFrame, active: pl.DataFrame) -> list[Truth]:
    first, end = date(2025, 11, 1), date(2025, 12, 1)
    debut = active.group_by("person").agg(pl.col("local_date").min())
    month = Check(
        "active_users",
        {"from": str(first), "to": str(end), "period": "month"},
        {"period_start": str(first)},
        {"active": _actors(active, first, end), "new": debut.filter(_days(first, end)).height},
    )
    monday = date(2025, 12, 8)
    week = Check(
        "active_users",
        {"from": str(monday), "to": str(monday + 7 * NEXT_DAY), "period": "week"},
        {"period_start": str(monday)},
        {"active": _actors(active, monday, monday + 7 * NEXT_DAY)},
    )
    day = _active_on(active, date(2025, 12, 10))
    trailing = Check(
        "active_users",
        day.params,
        day.row,
        {
            "wau": _actors(active, date(2025, 12, 4), date(2025, 12, 11)),
            "mau": _actors(active, date(2025, 11, 13), date(2025, 12, 11)),
        },
    )
    exported = customers.filter(
        (pl.col("name") == "report_exported") & _days(date(2025, 10, 1), date(2025, 11, 1))
    )
    actors, october = (
        exported["person"].n_unique(),
        _actors(active, date(2025, 10, 1), date(2025, 11, 1)),
    )
    feature = Check(
        "feature_usage",
        {"feature": "export", "from": "2025-10-01", "to": "2025-11-01"},
        {},
        {
            "actors": actors,
            "active_actors": october,
            "share": actors / october,
            "events": exported.height,
        },
    )
    return [
        Truth(
            "active_month",
            "People active in November 2025, and how many of them were new",
            (month,),
        ),
        Truth("active_week", "People active in the week of 8 December 2025", (week,)),
        Truth(
            "active_day",
            "People active on 10 December 2025, with the 7 and 28 days that end on it",
            (day, trailing),
        ),
        Truth(
            "feature_usage",
            "People who exported a report in October 2025; opening the export dialogue is no use",
            (feature,),
        ),
    ]


def _retention(active: pl.DataFrame) -> list[Truth]:
    debut = active.group_by("person").agg(pl.col("local_date").min().alias("debut"))
    cohort = debut.filter(pl.col("debut").is_between(date(2025, 11, 1), date(2025, 11, 30)))
    seen = active.join(cohort, on="person")
    december = seen.filter(_days(date(2025, 12, 1), date(2026, 1, 1)))["person"].n_unique()
    size = cohort.height
    age = (pl.col("local_date") - pl.col("debut")).dt.total_days()

    def back(day: int) -> int:
        return int(seen.filter(age == day)["person"].n_unique())

    window = {"from": "2025-11-01", "to": "2025-12-01"}
    monthly = Check(
        "retention",
        {**window, "unit": "month", "horizon": 1},
        {"cohort_start": "2025-11-01", "interval": 1},
        {"cohort_size": size, "retained": december, "rate": december / size},
    )
    daily = tuple(
        Check(
            "retention",
            {**window, "unit": "day", "horizon": 7},
            {"cohort_start": None, "interval": day},
            {"cohort_size": size, "retained": back(day), "rate": back(day) / size},
        )
        for day in (1, 7)
    )
    return [
        Truth(
            "retention_month_1",
            "Of those new in November 2025, the share active in December",
            (monthly,),
        ),
        Truth(
            "retention_day_1",
            "Of those new in November 2025, the share back on the next day",
            daily[:1],
        ),
        Truth(
            "retention_day_7", "Of those new in November 2025, the share back on day 7", daily[1:]
        ),
    ]


def _funnel(customers: pl.DataFrame) -> list[Truth]:
    steps = ["signup_completed", "project_created", "report_published"]
    window = 14 * DAY
    entries = (
        customers.filter((pl.col("name") == steps[0]) & _days(date(2025, 11, 1), date(2026, 1, 1)))
        .group_by("person")
        .agg(pl.col("at").min().alias("start"))
    )
    reached = entries.with_columns(last=pl.col("start"))
    counts = [reached.height]
    matured = [reached.filter(pl.col("start") + window <= END_US).height]
    pending = [0]
    for step in steps[1:]:
        hits = customers.filter(pl.col("name") == step).select("person", "at")
        through = (
            reached.join(hits, on="person")
            .filter((pl.col("at") >= pl.col("last")) & (pl.col("at") <= pl.col("start") + window))
            .group_by("person")
            .agg(pl.col("start").first(), pl.col("at").min().alias("last"))
        )
        waiting = reached.join(through, on="person", how="anti")
        pending.append(waiting.filter(pl.col("start") + window > END_US).height)
        counts.append(through.height)
        matured.append(through.filter(pl.col("start") + window <= END_US).height)
        reached = through
    params = {"steps": steps, "window": "14d", "from": "2025-11-01", "to": "2026-01-01"}
    whole = tuple(
        Check("funnel", params, {"step": n + 1}, {"reached": counts[n]}) for n in range(len(steps))
    )
    waiting_checks = tuple(
        Check(
            "funnel",
            params,
            {"step": n + 1},
            {
                "pending": pending[n],
                "dropped": counts[n - 1] - counts[n] - pending[n],
                "overall_rate": matured[n] / matured[0],
            },
        )
        for n in (1, 2)
    )
    return [
        Truth(
            "funnel",
            "From signup to a project to a published report within 14 days, November and December 2025",
            whole,
        ),
        Truth(
            "funnel_pending",
            "Those whose 14 days are not over wait; they are neither dropped nor in a rate",
            waiting_checks,
        ),
    ]


def _names(customers: pl.DataFrame) -> list[Truth]:
    published = customers.filter(pl.col("name") == "report_published")
    june = published.filter(_days(date(2025, 6, 1), date(2025, 7, 1)))
    renamed = (
        Check(
            "feature_usage",
            {"event": "report_published", "from": "2025-06-01", "to": "2025-07-01"},
            {},
            {"actors": june["person"].n_unique(), "events": june.height},
        ),
        _trust("report_published", "live", published.height),
    )
    banner = customers.filter(pl.col("name") == "banner_dismissed").height
    legacy = customers.filter(pl.col("name") == "chart_rendered_legacy").height
    slides = int(customers["is_slide"].sum())
    wrong = Check(
        "event_trust",
        {"event": "report_published"},
        {"event": "report_published"},
        {"violations": slides},
    )
    return [
        Truth(
            "renamed_event",
            "`Publish Report` became `report_published` in mid June 2025; both are one event",
            renamed,
        ),
        Truth(
            "unplanned_event",
            "`banner_dismissed` is sent and not in the plan",
            (_trust("banner_dismissed", "unplanned", banner),),
        ),
        Truth(
            "deprecated_event",
            "`chart_rendered_legacy` is deprecated and still sent",
            (_trust("chart_rendered_legacy", "deprecated", legacy),),
        ),
        Truth(
            "violations",
            "A release sent `report_published` with a report type that the plan does not allow",
            (wrong,),
        ),
    ]


def _trust(event: str, status: str, events: int) -> Check:
    return Check(
        "event_trust", {"event": event}, {"event": event}, {"status": status, "events": events}
    )


def _deliveries(planted: Planted, active: pl.DataFrame) -> list[Truth]:
    def health(source: str, project: str, **fields: Any) -> Check:
        return Check("data_health", {}, {"source": source, "project": project}, fields, as_of=None)

    web, mobile = planted.web, planted.mobile
    late = active.filter((pl.col("local_date") == LATE_DAY) & pl.col("is_late"))[
        "person"
    ].n_unique()
    clocks = (_active_on(active, SKEW_DAY), _active_on(active, LOST_CLOCK_DAY))
    answers = health("delighted", "default", quarantined=planted.refused_answers)
    return [
        Truth("late_delivery", "Events that arrived 3 to 20 days late count on 20 November 2025, the day they happened", (_active_on(active, LATE_DAY),), planted={"late_people": late}),
        Truth("clock_skew", "Devices nine days ahead and twenty-five years behind: their people were active on 15 and 22 October 2025", clocks),
        Truth("duplicated_web", "Overlapping Amplitude exports and client retries count once", (health("amplitude", "web", records_seen=web.records_seen, duplicate=web.duplicate),)),
        Truth("duplicated_mobile", "Mixpanel lines exported twice count once", (health("mixpanel", "mobile", duplicate=mobile.duplicate),)),
        Truth("malformed_lines", "Broken lines are kept aside and counted, the rest of their files loads", (health("amplitude", "web", quarantined=web.quarantined), health("mixpanel", "mobile", quarantined=mobile.quarantined))),
        Truth("corrupt_file", "Nothing of the cut-off Mixpanel re-run is loaded", (health("mixpanel", "mobile", loaded=mobile.loaded),)),
        Truth("impossible_scores", "Survey scores outside 0 to 10 are set aside, never clamped", (answers,)),
    ]  # fmt: skip
