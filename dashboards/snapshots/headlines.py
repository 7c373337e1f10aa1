"""The KPIs of the week: the same numbers for the first page and for the leadership snapshot.

Knows which questions are asked for them and how a change is judged: against a target, against the range of the weeks
before, or against chance. Must not know how a page or a paper looks. Every number comes out of an answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from dashboards import wording
from dashboards.answer import Answer, UsageError
from dashboards.published import Published

AskFor = Callable[[str, dict[str, Any]], Answer]

WEEKS_FOR_A_RANGE = 6
NEAR_TARGET = 0.95
CHANCE = 0.05


@dataclass(frozen=True)
class Headline:
    """One KPI in numbers and in words; `question` and `params` are its source."""

    id: str
    label: str
    question: str
    params: dict[str, Any]
    value: float | None = None
    text: str = wording.NONE
    before: float | None = None
    before_text: str = ""
    change_text: str = ""
    compared_with: str = ""
    interval_text: str = ""
    n_text: str = ""
    target: float | None = None
    target_text: str = ""
    status: str = ""
    state: str = "quiet"
    trend: tuple[float, ...] = ()
    is_withheld: bool = False
    is_clear_change: bool = False
    reason: str = ""
    evidence: str = ""
    period_text: str = ""
    is_newest: bool = True
    answers: tuple[Answer, ...] = field(default=(), repr=False, compare=False)

    @property
    def note(self) -> str:
        """Target, n and interval in one line; the reason where the value is withheld."""
        if self.is_withheld:
            return self.reason
        parts = [f"Target {self.target_text}" if self.target_text else "No target", self.n_text]
        parts.append(self.interval_text)
        return " · ".join(part for part in parts if part)

    @property
    def direction(self) -> int:
        """1 up, -1 down, 0 the same or not comparable."""
        if self.value is None or self.before is None or self.value == self.before:
            return 0
        return 1 if self.value > self.before else -1


def headlines(published: Published, ask_for: AskFor, through: date | None = None) -> list[Headline]:
    """All headlines in the order they are read; one that cannot be asked says why instead of a number.

    `through` is the last complete day to answer for, the version's own when left out.
    """
    through = through or _local_day(published)
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
            _kpi("within_15m", "month"),
        ),
        (
            "k2",
            "Experiments started",
            "kpis",
            {"kpi": "K2", "period": "quarter"},
            _kpi("started", "quarter"),
        ),
        (
            "k2b",
            "Experiments citing a result",
            "kpis",
            {"kpi": "K2", "period": "quarter"},
            _kpi("reference_share", "quarter"),
        ),
        (
            "k3",
            "Tool adoption at day 60",
            "kpis",
            {"kpi": "K3", "period": "quarter"},
            _kpi("adopted_day_60", "quarter"),
        ),
    ]
    found = []
    for name, label, question, params, read in recipes:
        blank = Headline(name, label, question, params)
        try:
            found.append(read(blank, ask_for(question, params), ask_for, through))
        except UsageError as fault:
            found.append(_withheld(blank, fault.message.replace("`", ""), "Not shown"))
    return found


def _active(blank: Headline, answer: Answer, ask_for: AskFor, through: date) -> Headline:
    done = [row for row in answer.rows if row["complete"]]
    if not done:
        return _withheld(blank, "No complete week yet")
    last, before = done[-1], done[-2] if len(done) > 1 else None
    values = [float(row["active"]) for row in done]
    status, state, is_clear, reach = _against_range(values)
    return _filled(
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
        return _withheld(blank, "No first-time people in the month before last")
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
    p = _p_of_two(s["retained"], n, before["retained"], before["cohort_size"]) if before else None
    status, state, is_clear = _by_chance(rate, before["rate"] if before else None, p)
    return _filled(
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
        evidence=f"{wording.count(s['retained'])} of {wording.count(n)} people came back{_p_text(p)}",
    )


def _nps(blank: Headline, answer: Answer, ask_for: AskFor, through: date) -> Headline:
    row = answer.rows[0] if answer.rows else None
    if row is None or not row["n"]:
        return _withheld(blank, "No responses in these 90 days", "Too few")
    if row["reportable"] is False:
        return _withheld(blank, f"{wording.count(row['n'])} responses, 30 are needed", "Too few")
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
    return _filled(
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
        return _withheld(blank, "No first reply in these 28 days", "Too few")
    earlier = ask_for("support_times", _last_days(through - timedelta(days=28), 28)).rows
    before = earlier[0].get("first_reply_median_minutes") if earlier else None
    now = float(row["first_reply_median_minutes"])
    return _filled(
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


def _kpi(variant: str, unit: str) -> Callable[..., Headline]:
    def read(blank: Headline, answer: Answer, ask_for: AskFor, through: date) -> Headline:
        rows = [r for r in answer.rows if str(r["variant"]).split(":")[0] == variant]
        if not rows:
            return _withheld(blank, "Its sources are not connected", "Not connected")
        # Of several tools the newest that can be read; one that is still pending only when there is no other.
        newest = max(
            rows,
            key=lambda r: (
                bool(r["reportable"] and r["value"] is not None),
                str(r["period_start"]),
                str(r["variant"]),
            ),
        )
        rows = sorted(
            (r for r in rows if r["variant"] == newest["variant"]),
            key=lambda r: str(r["period_start"]),
        )
        done = [r for r in rows if _is_over(r["period_start"], unit, through)]
        shown = done or rows
        last = shown[-1]
        before = shown[-2] if len(shown) > 1 else None
        return _kpi_headline(blank, answer, last, before, shown, unit, is_over=bool(done))

    return read


def _kpi_headline(
    blank: Headline,
    answer: Answer,
    last: dict[str, Any],
    before: dict[str, Any] | None,
    shown: list[dict[str, Any]],
    unit: str,
    is_over: bool,
) -> Headline:
    period = wording.period(last["period_start"], unit)
    tool = str(last["variant"]).partition(":")[2]
    n = last.get("n")
    if not last["reportable"] or last["value"] is None:
        held = last.get("status") == "pending"
        reason = str(last.get("reason") or f"No value in {period}")
        return _withheld(
            blank, reason, "Pending" if held else "Coverage too low", "info" if held else "quiet"
        )
    value, kind = float(last["value"]), _kind(last.get("unit"))
    earlier = (
        float(before["value"])
        if before and before["reportable"] and before["value"] is not None
        else None
    )
    target = last.get("target")
    p = None
    if (
        kind == "share"
        and earlier is not None
        and before
        and last.get("denominator")
        and before.get("denominator")
    ):
        p = _p_of_two(
            last["numerator"], last["denominator"], before["numerator"], before["denominator"]
        )
    status, state = _status(last, value, target)
    is_clear = p is not None and p < CHANCE
    if kind == "count":
        # Two counts differ by more than chance when they lie further apart than both vary (Poisson).
        is_clear = earlier is not None and abs(value - earlier) > 1.96 * math.sqrt(value + earlier)
    if not status:
        status, state, _ = _by_chance(value, earlier, p)
    decimals = 0 if (n or 0) < 1000 else 1
    write = (
        (lambda x: wording.share(x, decimals))
        if kind == "share"
        else (lambda x: wording.value(x, kind))
    )
    parts = (
        [f"{wording.count(last['numerator'])} of {wording.count(last['denominator'])}"]
        if kind == "share" and last.get("denominator")
        else []
    )
    if last.get("coverage") is not None:
        parts.append(f"coverage {wording.share(last['coverage'], 0)}")
    return _filled(
        blank,
        answer,
        value=value,
        text=write(value),
        before=earlier,
        before_text=write(earlier) if earlier is not None else "",
        change_text=_kpi_change(value, earlier, kind, decimals),
        compared_with=f"vs {wording.period(before['period_start'], unit)}"
        if before and earlier is not None
        else "",
        n_text=f"n {wording.count(n)}" if n is not None else "",
        interval_text=wording.interval(last["ci_low"], last["ci_high"], decimals)
        if kind == "share" and last.get("ci_low") is not None
        else "",
        target=float(target) if target is not None else None,
        target_text=write(float(target)) if target is not None else "",
        status=status,
        state=state,
        is_clear_change=is_clear,
        trend=tuple(float(r["value"]) for r in shown if r["reportable"] and r["value"] is not None)[
            -12:
        ],
        period_text=(period if is_over else f"{period} so far") + (f", {tool}" if tool else ""),
        evidence=" · ".join(parts) + _p_text(p),
    )


def _kpi_change(value: float, earlier: float | None, kind: str, decimals: int) -> str:
    if earlier is None:
        return ""
    if kind == "share":
        return wording.change_points(
            round(value, 2 + decimals) - round(earlier, 2 + decimals), decimals
        )
    return wording.change_count(value - earlier)


def _kind(unit: Any) -> str:
    return (
        "share"
        if str(unit) in ("share", "rate", "ratio")
        else "count"
        if str(unit) in ("count", "experiments", "")
        else str(unit)
    )


def _status(row: dict[str, Any], value: float, target: float | None) -> tuple[str, str]:
    name = str(row.get("status") or "none")
    if name == "on_target":
        return "On target", "good"
    if name == "off_target":
        if target and NEAR_TARGET * target <= value < target:
            return "Near target", "warn"
        return "Under target", "warn"
    if name == "failed":
        return "Under target", "bad"
    if name == "pending":
        return "Pending", "info"
    return "", "quiet"


def _against_range(values: list[float]) -> tuple[str, str, bool, str]:
    """Whether the last value lies outside what the values before it would lead one to expect."""
    earlier = values[:-1][-12:]
    if len(earlier) < WEEKS_FOR_A_RANGE:
        return "No clear change", "quiet", False, ""
    mean = sum(earlier) / len(earlier)
    spread = math.sqrt(sum((v - mean) ** 2 for v in earlier) / (len(earlier) - 1))
    low, high = mean - 2 * spread, mean + 2 * spread
    reach = f"{wording.count(round(max(low, 0)))}–{wording.count(round(high))} expected"
    if values[-1] > high:
        return "Above range", "good", True, reach
    if values[-1] < low:
        return "Below range", "warn", True, reach
    return "No clear change", "quiet", False, reach


def _by_chance(value: float, before: float | None, p: float | None) -> tuple[str, str, bool]:
    if before is None or p is None or p >= CHANCE:
        return "No clear change", "quiet", False
    return ("Above range", "good", True) if value > before else ("Below range", "warn", True)


def _p_of_two(part: float, whole: float, part_before: float, whole_before: float) -> float | None:
    """Two-sided p of two shares being the same (pooled z test)."""
    if not whole or not whole_before:
        return None
    pooled = (part + part_before) / (whole + whole_before)
    error = math.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / whole_before))
    if error == 0:
        return 1.0
    return math.erfc(abs(part / whole - part_before / whole_before) / error / math.sqrt(2))


def _p_text(p: float | None) -> str:
    if p is None:
        return ""
    words = "beyond chance" if p < CHANCE else "within chance"
    return f", {words} (p {'< 0.01' if p < 0.01 else f'= {p:.2f}'})"


def _is_over(start: Any, unit: str, through: date) -> bool:
    first = start if isinstance(start, date) else date.fromisoformat(str(start)[:10])
    months = 3 if unit == "quarter" else 1
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1) <= through + timedelta(days=1)


def _local_day(published: Published) -> date:
    """The last complete day of the version in its reporting zone."""
    if published.data_through is None:
        return date(1970, 1, 1)
    from datetime import UTC
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(str(published.settings["timezone"]))
    local: datetime = published.data_through.replace(tzinfo=UTC).astimezone(zone)
    return local.date() - timedelta(days=1)


def _last_days(last: date, days: int) -> dict[str, Any]:
    """The `days` days that end with `last`."""
    return {
        "from": (last - timedelta(days=days - 1)).isoformat(),
        "to": (last + timedelta(days=1)).isoformat(),
    }


def _withheld(
    blank: Headline, reason: str, status: str = "Coverage too low", state: str = "quiet"
) -> Headline:
    return _filled(blank, None, is_withheld=True, reason=reason, status=status, state=state)


def _filled(blank: Headline, answer: Answer | None, **values: Any) -> Headline:
    from dataclasses import replace

    return replace(blank, answers=(answer,) if answer else (), **values)
