"""Truths about voices, experiments and the product organisation's own numbers.

Knows: what was planted in answers, tickets, the registry, sign-ons and the question log. Must not know: dbt, the
engine, or anything that they computed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.company.model import Tool
from ingestion.demo.key.model import Check, Planted, Truth
from ingestion.demo.process import SLOW_PM
from ingestion.demo.scene import ZONE
from ingestion.demo.studies import BROKEN_RATIO, LIFTED, LIFTED_CONVERTED, LIFTED_UNITS, Study

NEXT_DAY = timedelta(days=1)


def organisation_truths(planted: Planted) -> list[Truth]:
    """Voices, experiments, K1 to K3, and what later versions will be able to show."""
    return [
        *_voice(planted),
        *_experiments(planted),
        *_velocity(planted),
        *_data_access(planted),
        *_adoption(planted),
        *_later(planted),
    ]


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
