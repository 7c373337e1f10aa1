"""The KPIs of the week: the same numbers for the first page and for the leadership snapshot.

Knows which questions are asked for them. Must not know how a page or a paper looks. Every number comes out of an
answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboards import restated, wording
from dashboards.answer import Answer, UsageError
from dashboards.published import Published
from dashboards.snapshots.headline import AskFor, Headline, filled, withheld
from dashboards.snapshots.judging import against_range, by_chance, p_of_two, p_text
from dashboards.snapshots.kpi_headlines import kpi

__all__ = ["AskFor", "Headline", "headlines", "last_complete_day"]


def headlines(published: Published, ask_for: AskFor, through: date | None = None) -> list[Headline]:
    """All headlines in the order they are read; one that cannot be asked says why instead of a number.

    `through` is the last complete day to answer for, the version's own when left out.
    """
    through = through or last_complete_day(published)
    recipes: list[tuple[str, str, str, dict[str, Any], Callable[..., Headline]]] = [
        ("wau", "Weekly active users", "active_users", {"period": "week"}, _active),
        ("retention", "Month-1 retention", "retention", {"unit": "month"}, _retention),
        ("nps", "NPS", "nps", _last_days(through, 90), _nps),
        (
            "support",
            "First reply, median",
            "support_times",
            _last_days(through, 28),
            _support,
        ),
        (
            "k1",
            "Answered within 15 minutes",
            "kpis",
            {"kpi": "K1", "period": "month"},
            kpi("within_15m", "month"),
        ),
        (
            "k2",
            "Experiments started",
            "kpis",
            {"kpi": "K2", "period": "quarter"},
            kpi("started", "quarter"),
        ),
        (
            "k2b",
            "Experiments citing a result",
            "kpis",
            {"kpi": "K2", "period": "quarter"},
            kpi("reference_share", "quarter"),
        ),
        (
            "k3",
            "Tool adoption at day 60",
            "kpis",
            {"kpi": "K3", "period": "quarter"},
            kpi("adopted_day_60", "quarter"),
        ),
    ]
    found = []
    for name, label, question, params, read in recipes:
        blank = Headline(name, label, question, params)
        try:
            found.append(read(blank, ask_for(question, params), ask_for, through))
        except UsageError as fault:
            found.append(withheld(blank, fault.message.replace("`", ""), "Not shown"))
    return found


def _active(blank: Headline, answer: Answer, ask_for: AskFor, through: date) -> Headline:
    done = [row for row in answer.rows if row["complete"]]
    if not done:
        return withheld(blank, "No complete week yet")
    last, before = done[-1], done[-2] if len(done) > 1 else None
    values = [float(row["active"]) for row in done]
    status, state, is_clear, reach = against_range(values)
    return filled(
        blank,
        answer,
        value=values[-1],
        text=wording.count(last["active"]),
        before=float(before["active"]) if before else None,
        before_text=wording.count(before["active"]) if before else "",
        change_text=wording.change_rate(last["active"] / before["active"] - 1)
        if before and before["active"]
        else "",
        compared_with=f"vs {wording.count(before['active'])}" if before else "",
        n_text=f"{wording.count(last['new'])} new",
        interval_text=reach,
        status=status,
        state=state,
        is_clear_change=is_clear,
        trend=tuple(values[-12:]),
        period_text=wording.period(last["period_start"], "week"),
        restated=restated.note(answer, "active", last["period_start"], "week"),
        evidence=_lifecycle(ask_for),
    )


def _lifecycle(ask_for: AskFor) -> str:
    try:
        rows = ask_for("lifecycle", {"period": "week"}).rows
    except UsageError:
        return ""
    rows = [row for row in rows if row.get("complete", True)]
    if not rows:
        return ""
    last = rows[-1]
    return (
        f"New {wording.count(last['new'])}, back after a pause {wording.count(last['resurrected'])}, "
        f"gone {wording.count(abs(last['dormant'] or 0))}"
    )


def _retention(blank: Headline, answer: Answer, ask_for: AskFor, through: date) -> Headline:
    s = answer.summary
    rate, n = s.get("retention"), s.get("cohort_size")
    if rate is None or not n:
        return withheld(blank, "No first-time people in the month before last")
    first = {
        str(row["cohort_start"])[:7]: row
        for row in answer.rows
        if row["cohort_start"] is not None
        and row["interval"] == 1
        and row["complete"]
        and row["rate"] is not None
    }
    cohort = str(s["cohort_month"])[:7]
    earlier = sorted(month for month in first if month < cohort)
    before = first[earlier[-1]] if earlier else None
    low, high = wording.wilson(s["retained"], n)
    p = p_of_two(s["retained"], n, before["retained"], before["cohort_size"]) if before else None
    status, state, is_clear = by_chance(rate, before["rate"] if before else None, p)
    return filled(
        blank,
        answer,
        value=rate,
        text=wording.share(rate),
        before=before["rate"] if before else None,
        before_text=wording.share(before["rate"]) if before else "",
        change_text=wording.change_points(rate - before["rate"]) if before else "",
        compared_with=f"vs {wording.month(earlier[-1])} cohort" if before else "",
        n_text=f"n {wording.count(n)}",
        interval_text=wording.interval(low, high),
        status=status,
        state=state,
        is_clear_change=is_clear,
        trend=tuple(first[month]["rate"] for month in sorted(first) if month <= cohort)[-12:],
        period_text=f"first seen {wording.month(cohort)}, active {wording.month(s['month'])}",
        evidence=f"{wording.count(s['retained'])} of {wording.count(n)} people came back{p_text(p)}",
    )


def _nps(blank: Headline, answer: Answer, ask_for: AskFor, through: date) -> Headline:
    row = answer.rows[0] if answer.rows else None
    if row is None or not row["n"]:
        return withheld(blank, "No responses in these 90 days", "Too few")
    if row["reportable"] is False:
        return withheld(blank, f"{wording.count(row['n'])} responses, 30 are needed", "Too few")
    earlier = ask_for("nps", _last_days(through - timedelta(days=90), 90)).rows
    before = earlier[0] if earlier and earlier[0].get("reportable") else None
    margin = row["margin_of_error_95"]
    is_clear = False
    status, state = "No clear change", "quiet"
    if before:
        reach = math.hypot(margin, before["margin_of_error_95"])
        is_clear = abs(row["nps"] - before["nps"]) > reach
        if is_clear:
            up = row["nps"] > before["nps"]
            status, state = ("Above range", "good") if up else ("Below range", "warn")
    months = ask_for("nps", {"group": "month", **_last_days(through, 365)}).rows
    return filled(
        blank,
        answer,
        value=row["nps"],
        text=wording.number(row["nps"], 0),
        before=before["nps"] if before else None,
        before_text=wording.number(before["nps"], 0) if before else "",
        change_text=_change_score(row["nps"], before["nps"]) if before else "",
        compared_with=f"vs {wording.number(before['nps'], 0)}" if before else "",
        n_text=f"n {wording.count(row['n'])}",
        interval_text=f"± {wording.number(margin, 0)}",
        status=status,
        state=state,
        is_clear_change=is_clear,
        trend=tuple(r["nps"] for r in months if r.get("nps") is not None),
        period_text=f"90 days to {wording.day(through)}",
        evidence=f"{wording.count(row['promoters'])} promoters, {wording.count(row['detractors'])} detractors",
    )


def _change_score(now: float, before: float) -> str:
    # The change is of the two numbers that are shown, so that a reader can add them up.
    return wording.change_count(round(now) - round(before))


def _support(blank: Headline, answer: Answer, ask_for: AskFor, through: date) -> Headline:
    row = answer.rows[0] if answer.rows else None
    if row is None or row.get("first_reply_median_minutes") is None:
        return withheld(blank, "No first reply in these 28 days", "Too few")
    earlier = ask_for("support_times", _last_days(through - timedelta(days=28), 28)).rows
    before = earlier[0].get("first_reply_median_minutes") if earlier else None
    now = float(row["first_reply_median_minutes"])
    return filled(
        blank,
        answer,
        value=now,
        text=wording.duration_minutes(now),
        before=float(before) if before is not None else None,
        before_text=wording.duration_minutes(before),
        change_text=wording.change_rate(now / float(before) - 1) if before else "",
        compared_with=f"vs {wording.duration_minutes(before)}" if before is not None else "",
        n_text=f"{wording.count(row['tickets'])} tickets",
        interval_text=f"{wording.count(row['open'])} open",
        status="Current",
        state="quiet",
        period_text=f"28 days to {wording.day(through)}",
        evidence=f"{wording.count(row['solved'])} solved, {wording.count(row['open'])} open",
    )


def last_complete_day(published: Published) -> date:
    """The last complete day of the version in its reporting zone."""
    if published.data_through is None:
        return date(1970, 1, 1)
    zone = ZoneInfo(str(published.settings["timezone"]))
    local: datetime = published.data_through.replace(tzinfo=UTC).astimezone(zone)
    return local.date() - timedelta(days=1)


def _last_days(last: date, days: int) -> dict[str, Any]:
    """The `days` days that end with `last`."""
    return {
        "from": (last - timedelta(days=days - 1)).isoformat(),
        "to": (last + timedelta(days=1)).isoformat(),
    }
