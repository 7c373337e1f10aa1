"""The answer key: every planted truth, worked out from the generator's own arrays by the rules of the definitions.

Knows: what was planted. Must not know: dbt, the engine, or anything that they computed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ingestion.company.model import Person, Tool
from ingestion.demo.behaviour import People
from ingestion.demo.process import SLOW_PM, Episode, SignOn
from ingestion.demo.product import Delivered
from ingestion.demo.scene import AS_OF, DAY, END_US, LATE_DAY, LOST_CLOCK_DAY, SKEW_DAY, ZONE
from ingestion.demo.studies import BROKEN_RATIO, LIFTED, LIFTED_CONVERTED, LIFTED_UNITS, Study

NEXT_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Check:
    """One question to ask, the row to look at, and what must stand there. `row` None reads the summary."""

    question: str
    params: dict[str, Any]
    row: dict[str, Any] | None
    fields: dict[str, Any]
    tolerance: float = 1e-9
    as_of: str | None = AS_OF


@dataclass(frozen=True)
class Truth:
    """Something that is true of the demo company. Not covered: no question of this version can show it yet."""

    id: str
    what: str
    checks: tuple[Check, ...] = ()
    is_covered: bool = True
    planted: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Planted:
    """Everything that the generator wrote down about its own company."""

    frame: pl.DataFrame
    people: People
    web: Delivered
    mobile: Delivered
    tickets: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    refused_answers: int
    studies: Sequence[Study]
    exposures: dict[str, list[tuple[str, str, datetime]]]
    roster: Sequence[Person]
    tools: Sequence[Tool]
    sign_ons: list[SignOn]
    episodes: list[Episode]


def truths(planted: Planted) -> list[Truth]:
    """The whole key."""
    customers = planted.frame.filter(pl.col("person") < planted.people.staff_from)
    active = customers.filter(pl.col("is_active"))
    return [
        *_use(customers, active),
        *_retention(active),
        *_funnel(customers),
        *_names(customers, active),
        *_deliveries(planted, active),
        *_voice(planted),
        *_experiments(planted),
        *_velocity(planted),
        *_data_access(planted),
        *_adoption(planted),
        *_later(planted),
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


def _names(customers: pl.DataFrame, active: pl.DataFrame) -> list[Truth]:
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


def _voice(planted: Planted) -> list[Truth]:
    scores = [
        a["score"] for a in planted.answers if a["survey_type"] == "nps" and a["score"] is not None
    ]
    n, promoters = len(scores), sum(s >= 9 for s in scores)
    detractors = sum(s <= 6 for s in scores)
    p, d = promoters / n, detractors / n
    nps = Check(
        "nps",
        {},
        {},
        {
            "n": n,
            "promoters": promoters,
            "detractors": detractors,
            "nps": 100 * (p - d),
            "margin_of_error_95": 1.96 * 100 * math.sqrt((p + d - (p - d) ** 2) / n),
            "reportable": True,
        },
        tolerance=1e-6,
    )
    solved = sum(t["metric_set"]["solved_at"] is not None for t in planted.tickets)
    tickets = Check("support_times", {}, {}, {"tickets": len(planted.tickets), "solved": solved})
    return [
        Truth(
            "nps",
            "NPS with its margin, after changed answers, without other surveys and blanks",
            (nps,),
        ),
        Truth(
            "support_times",
            "Tickets of two overlapping exports count once, in their last state",
            (tickets,),
            is_covered=False,
        ),
    ]


def _experiments(planted: Planted) -> list[Truth]:
    control, treatment = (converted / LIFTED_UNITS for converted in LIFTED_CONVERTED)
    lift = Check(
        "experiment_result",
        {"experiment": LIFTED},
        {"metric": "converted", "variant": "treatment"},
        {
            "units": LIFTED_UNITS,
            "mean": treatment,
            "lift_absolute": treatment - control,
            "lift_relative": treatment / control - 1,
        },
    )
    counts = Counter(variant for _, variant, _ in planted.exposures[BROKEN_RATIO])
    expected = sum(counts.values()) / 2
    square = sum((seen - expected) ** 2 / expected for seen in counts.values())
    # One degree of freedom: the chi-square tail is the complementary error function.
    broken = Check(
        "experiment_result",
        {"experiment": BROKEN_RATIO},
        None,
        {"srm_alarm": True, "srm_p_value": math.erfc(math.sqrt(square / 2))},
        tolerance=1e-6,
    )
    whole = Check("experiment_result", {"experiment": LIFTED}, None, {"srm_alarm": False})
    return [
        Truth(
            "experiment_lift",
            "The publish button in the header raised publishing from 12 to 15.5 %",
            (lift, whole),
        ),
        Truth(
            "sample_ratio",
            f"{BROKEN_RATIO} was split 1900 to 1600 instead of half and half: an alarm",
            (broken,),
        ),
    ]


def _velocity(planted: Planted) -> list[Truth]:
    staff = {person.person_id for person in planted.roster}
    zone = ZoneInfo(ZONE)
    by_id = {study.id: study for study in planted.studies}
    started: dict[tuple[int, int], list[Study]] = defaultdict(list)
    for study in planted.studies:
        real = [at for unit, _, at in planted.exposures.get(study.id, ()) if unit not in staff]
        if study.type == "ab" and not study.duplicate_of and real:
            first = min(real).astimezone(zone)
            started[first.year, (first.month - 1) // 3].append(study)
    links = {study.id: [prior for prior, _ in study.priors] for study in planted.studies}

    def leads_to(start: str, goal: str, seen: frozenset[str] = frozenset()) -> bool:
        return any(
            step == goal or (step not in seen and leads_to(step, goal, seen | {step}))
            for step in links.get(start, ())
        )

    def valid(study: Study, prior: str) -> bool:
        other = by_id.get(prior)
        if other is None or prior == study.id or leads_to(prior, study.id):
            return False
        ended = other.status not in ("running", "draft")
        return ended and datetime.combine(other.end, datetime.min.time(), UTC) < study.written_at

    def share(quarter: tuple[int, int], in_text: bool) -> float:
        studies = started[quarter]
        linked = 0
        for study in studies:
            named = [prior for prior, _ in study.priors]
            if in_text:
                named += [other for other in by_id if other != study.id and other in study.text]
            linked += any(valid(study, prior) for prior in named)
        return linked / len(studies)

    def kpi(variant: str, first: str, **fields: Any) -> Check:
        row = {"kpi": "K2", "variant": variant, "period_start": first}
        return Check("kpis", {"kpi": "K2", "period": "quarter"}, row, fields)

    third, fourth = (2025, 2), (2025, 3)
    velocity = (
        kpi("started", "2025-07-01", value=len(started[third])),
        kpi("started", "2025-10-01", value=len(started[fourth])),
    )
    shares = (
        kpi("reference_share_structured", "2025-10-01", value=share(fourth, False)),
        kpi("reference_share", "2025-07-01", value=share(third, True)),
        kpi("reference_share", "2025-10-01", value=share(fourth, True)),
    )
    return [
        Truth(
            "experiments_started",
            "Experiments started in the third and fourth quarter, without A/A, rehearsal, double entry and those that only staff saw",
            velocity,
        ),
        Truth(
            "reference_share",
            "Share of started experiments that build on an earlier one that had ended; a circle, a self-link and a too late link do not count",
            shares,
        ),
    ]


def _data_access(planted: Planted) -> list[Truth]:
    zone = ZoneInfo(ZONE)
    quarter = [
        e
        for e in planted.episodes
        if (e.asked_at.astimezone(zone).year, (e.asked_at.astimezone(zone).month - 1) // 3)
        == (2025, 3)
    ]
    in_time: dict[str, list[bool]] = defaultdict(list)
    for episode in quarter:
        in_time[episode.who].append(episode.seconds is not None and episode.seconds <= 900)
    rates = {who: sum(marks) / len(marks) for who, marks in in_time.items()}
    worst = min((rate for who, rate in rates.items() if len(in_time[who]) >= 5), default=0.0)
    everyone = [mark for marks in in_time.values() for mark in marks]

    def kpi(variant: str, **fields: Any) -> Check:
        row = {"kpi": "K1", "variant": variant, "period_start": "2025-10-01"}
        return Check("kpis", {"kpi": "K1", "period": "quarter"}, row, fields)

    within = kpi("within_15m", value=sum(everyone) / len(everyone), n=len(everyone))
    any_pm = kpi("any_pm", value=sum(rate >= 0.9 for rate in rates.values()) / len(rates))
    return [
        Truth(
            "data_access",
            "Share of the product managers' questions of the fourth quarter answered within 15 minutes",
            (within,),
        ),
        Truth(
            "slow_pm",
            "One product manager waits far longer than the rest: the worst own rate, and the share with at least 90 %",
            (kpi("worst_pm", value=worst), any_pm),
            planted={"who": SLOW_PM, "rates": rates},
        ),
    ]


def _adoption(planted: Planted) -> list[Truth]:
    zone = ZoneInfo(ZONE)
    used: dict[tuple[str, str], set[date]] = defaultdict(set)
    for sign_on in planted.sign_ons:
        used[sign_on.tool, sign_on.person].add(sign_on.at.astimezone(zone).date())

    def adopted(tool: Tool) -> tuple[int, int]:
        assert tool.rollout_on
        first, last = tool.rollout_on + 31 * NEXT_DAY, tool.rollout_on + 60 * NEXT_DAY
        eligible = [
            p.person_id
            for p in planted.roster
            if p.role == "pm"
            and (not p.start_date or p.start_date <= tool.rollout_on)
            and (not p.end_date or p.end_date >= last)
        ]
        took = [p for p in eligible if sum(first <= day <= last for day in used[tool.tool, p]) >= 2]
        return len(took), len(eligible)

    by_id = {tool.tool: tool for tool in planted.tools}

    def kpi(tool: str, **fields: Any) -> Check:
        row = {"kpi": "K3", "variant": f"adopted_day_60:{tool}"}
        return Check("kpis", {"kpi": "K3", "period": "quarter"}, row, fields)

    (good, good_of), (bad, bad_of) = adopted(by_id["productboard"]), adopted(by_id["dovetail"])
    return [
        Truth(
            "tool_adopted",
            "Productboard: product managers who use it two months after its rollout",
            (kpi("productboard", value=good / good_of, n=good_of, status="on_target"),),
        ),
        Truth(
            "tool_failed",
            "Dovetail: a failed rollout, at or under 40 % on day 60",
            (kpi("dovetail", value=bad / bad_of, n=bad_of, status="failed"),),
        ),
        Truth(
            "tool_pending",
            "Linear: day 60 is not there yet, so there is no share",
            (kpi("linear", value=None, status="pending"),),
        ),
    ]


def _later(planted: Planted) -> list[Truth]:
    pattern = sum("umlauts" in t["description"].lower() for t in planted.tickets)
    pii = sum("card" in t["description"] for t in planted.tickets)
    return [
        Truth(
            "feedback_pattern",
            "Customers of four teams complain about the same broken export",
            (Check("top_requests", {}, None, {"patterns": 1}),),
            is_covered=False,
            planted={"tickets": pattern},
        ),
        Truth(
            "pii_in_text",
            "Addresses, phone and card numbers in tickets and answers are nowhere in what is published",
            is_covered=False,
            planted={"tickets": pii},
        ),
    ]
