"""Truths about use: who took to the new summary, who activates, how concentrated use is, who went silent.

Knows: what was planted in the product's events. Must not know: dbt, the engine, or anything that they computed.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from ingestion.demo.key.model import Check, Planted, Truth
from ingestion.demo.scene import DAY

SUMMARY = "ai_summary_created"
LAUNCHED = date(2025, 7, 1)
TODAY = date(2026, 1, 5)  # the day of as-of, which is not over


def use_truths(planted: Planted) -> list[Truth]:
    """Staff and robots are no customers; everything here is without them."""
    customers = planted.frame.filter(pl.col("person") < planted.people.staff_from)
    active = customers.filter(pl.col("is_active"))
    return [
        _adoption(active),
        _activation(customers, active),
        _concentration(active),
        _silence(active),
        _launch(active),
    ]


def _adoption(active: pl.DataFrame) -> Truth:
    day = pl.col("local_date")
    since = active.filter(day >= LAUNCHED)
    eligible = since.group_by("person").agg(first=day.min())
    ages = (
        since.filter(pl.col("name") == SUMMARY)
        .select("person", "local_date")
        .unique()
        .join(eligible, on="person")
        .with_columns(age=(day - pl.col("first")).dt.total_days())
        .group_by("person")
        .agg(early=(pl.col("age") <= 28).sum(), again=pl.col("age").is_between(29, 56).any())
    )
    people = eligible.join(ages, on="person", how="left").with_columns(
        adopted=(pl.col("early") >= 2).fill_null(False),
        retained=((pl.col("early") >= 1) & pl.col("again")).fill_null(False),
        over_28=pl.col("first") + timedelta(days=29) <= TODAY,
        over_56=pl.col("first") + timedelta(days=57) <= TODAY,
    )
    checks = [
        Check(
            "feature_adoption",
            {"feature": "ai_summary"},
            {"stage": "tried"},
            {"actors": ages.height, "share": ages.height / people.height},
        )
    ]
    for stage, over in (("adopted", "over_28"), ("retained", "over_56")):
        matured = people.filter(pl.col(over))
        reached = int(matured[stage].sum())
        checks.append(
            Check(
                "feature_adoption",
                {"feature": "ai_summary"},
                {"stage": stage},
                {
                    "matured": matured.height,
                    "matured_reached": reached,
                    "share": reached / matured.height,
                },
            )
        )
    what = "The AI summary went live on 1 July 2025: who could use it, tried, adopted and used it again"
    return Truth("feature_adoption", what, tuple(checks))  # fmt: skip


def _activation(customers: pl.DataFrame, active: pl.DataFrame) -> Truth:
    born = active.group_by("person").agg(
        born=pl.col("at").min(), born_on=pl.col("local_date").sort_by("at").first()
    )
    new = born.filter(pl.col("born_on").is_between(date(2025, 11, 1), date(2025, 11, 30)))
    met = (
        customers.filter(pl.col("name").is_in(["project_created", "report_published"]))
        .join(new, on="person")
        .filter(pl.col("at").is_between(pl.col("born"), pl.col("born") + 7 * DAY))
        .group_by("person")
        .agg(pl.col("name").n_unique())
    )
    done = met.filter(pl.col("name") == 2).height
    check = Check(
        "activation",
        {
            "criteria": ["project_created", "report_published"],
            "days": 7,
            "period": "month",
            "from": "2025-11-01",
            "to": "2025-12-01",
        },
        {"cohort_start": "2025-11-01"},
        {
            "new_actors": new.height,
            "matured": new.height,
            "matured_activated": done,
            "share": done / new.height,
        },
    )
    return Truth("activation", "Of those new in November 2025, the share with a project and a published report within 7 days", (check,))  # fmt: skip


def _concentration(active: pl.DataFrame) -> Truth:
    first = TODAY - timedelta(days=28)
    people = (
        active.filter(pl.col("local_date").is_between(first, TODAY, closed="left"))
        .group_by("person")
        .agg(days=pl.col("local_date").n_unique(), events=pl.len())
        .sort("events", descending=True)
    )
    top = -(-people.height // 10)
    check = Check(
        "power_users",
        {"threshold": 8},
        None,
        {
            "actors": people.height,
            "events": int(people["events"].sum()),
            "power_users": people.filter(pl.col("days") >= 8).height,
        },
    )
    regular = Check(
        "power_users",
        {"threshold": 8},
        {"active_days": 8},
        {"actors_at_least": people.filter(pl.col("days") >= 8).height},
    )
    return Truth(
        "power_users",
        "People active on at least 8 of the 28 days before 5 January 2026, and how uneven use is",
        (check, regular),
        planted={
            "top_10_percent_share": int(people["events"].head(top).sum())
            / int(people["events"].sum())
        },
    )


def _silence(active: pl.DataFrame) -> Truth:
    first = TODAY - timedelta(days=90)
    states = {"left": 0, "at_risk": 0, "active": 0, "too_new": 0}
    seen = (
        active.filter(pl.col("local_date").is_between(first, TODAY, closed="left"))
        .group_by("person")
        .agg(pl.col("local_date").unique().sort())
    )
    for (days,) in seen.select("local_date").iter_rows():
        silence = (TODAY - days[-1]).days - 1
        gaps = sorted((b - a).days - 1 for a, b in zip(days, days[1:], strict=False))
        usual = gaps[-(-9 * len(gaps) // 10) - 1] if len(days) >= 4 else None
        ages = [(TODAY - day).days for day in days]
        recent, earlier = sum(age <= 28 for age in ages), sum(28 < age <= 56 for age in ages)
        if silence >= 28 and silence > (usual or 0):
            states["left"] += 1
        elif usual is None:
            states["too_new"] += 1
        elif silence > usual or (earlier >= 4 and 2 * recent <= earlier):
            states["at_risk"] += 1
        else:
            states["active"] += 1
    check = Check("churn_risk", {}, None, {**states, "units": seen.height})
    return Truth("churn_risk", "Of those active in the 90 days before 5 January 2026, who left, who is unusually quiet", (check,))  # fmt: skip


def _launch(active: pl.DataFrame) -> Truth:
    weeks = timedelta(days=28)
    daily = active.group_by("local_date").agg(people=pl.col("person").n_unique())

    def mean(first: date) -> float:
        days = daily.filter(pl.col("local_date").is_between(first, first + weeks, closed="left"))
        return float(days["people"].sum()) / 28

    def there(first: date) -> pl.DataFrame:
        days = active.filter(pl.col("local_date").is_between(first, first + weeks, closed="left"))
        return days.select("person", "name")

    after = there(LAUNCHED)
    both = set(after["person"]) & set(there(LAUNCHED - weeks)["person"])
    adopters = both & set(after.filter(pl.col("name") == SUMMARY)["person"])
    params = {"release": "ai_summary"}
    whole = Check(
        "launch_effect",
        params,
        {"comparison": "everyone", "day": None},
        {"before": mean(LAUNCHED - weeks), "after": mean(LAUNCHED)},
    )
    groups = Check(
        "launch_effect",
        params,
        {"comparison": "adopters"},
        {"n_after": len(adopters)},
    )
    return Truth(
        "launch_effect",
        "Four weeks before and after the AI summary: people on a mean day, and how many of those of both took to it",
        (whole, groups) if len(adopters) >= 5 and len(both) - len(adopters) >= 5 else (whole,),
    )
