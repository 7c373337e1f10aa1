"""The page of one KPI: headline, side numbers, trend, what it says and what to do, and what stands behind it.

Knows the rows of `kpis` and the questions of `kpi_evidence`. Must not compute a KPI.
"""

from typing import Any

import streamlit as st

from dashboards import restated
from dashboards import wording as formats
from dashboards.answer import Answer, UsageError
from dashboards.catalogue import load
from dashboards.kpi_advice import advice, units
from dashboards.kpi_evidence import KPIS, Evidence, params_of
from dashboards.kpi_words import LEADS, is_lead, means, reading, target_text
from dashboards.quarterly import figure as figures
from dashboards.quarterly import words
from dashboards.widgets import charts, evidence, html, marks, provenance, session, states
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

STATUS = {
    "on_target": ("On target", "good"),
    "off_target": ("Off target", "warn"),
    "failed": ("Failed rollout", "bad"),
    "pending": ("Pending", "info"),
    "none": ("No target", "quiet"),
}
# The readings beside the headline, of the same tool or evidence where they have one.
BESIDE = {
    "K1": ("within_15m_confirmed", "within_15m_inferred", "median_seconds", "p90_seconds", "any_pm", "worst_pm", "self_serve"),
    "K2": ("concluded", "reference_share", "reference_share_eligible", "reuse"),
    "K3": ("day_30", "ever_used", "habitual", "core_tools"),
    "K4": ("hours", "saved", "saved_per_week"),
    "K5": ("first_feature", "first_experiment"),
    "K6": ("owned", "deprecated_seen"),
    "K8": ("with_evidence", "with_measured_rice", "updated_30d", "rice_problems"),
    "K9": ("on_time", "delay_days", "checklist_complete", "handoffs", "bounces"),
    "K10": ("saved", "costs"),
}  # fmt: skip
WITH_BASELINE = ("K1", "K2", "K4", "K5", "K10")  # the KPIs of the quarterly report
_UNITS = {"days": "days", "hours": "h"}  # units that a bare number does not tell
Row = dict[str, Any]


def draw(kpi: str, answer: Answer, ask: Ask, variant: str, period: str, row: Row) -> None:
    """Everything below the chips; `row` is the reading of the period that is looked at."""
    start = row["period_start"]
    latest = [r for r in answer.rows if str(r["period_start"]) == str(start)]
    # of tools the reading stands in the period of the rollout: the newest of each until now
    until = {r["variant"]: r for r in answer.rows if str(r["period_start"]) <= str(start) and r["status"] != "pending"}  # fmt: skip
    tables = [
        (one, *_asked(one, period, start)) for one in (KPIS[kpi].evidence if kpi in KPIS else ())
    ]
    answers = {_key(one): found for one, _, found in tables if isinstance(found, Answer)}
    left, right = st.columns([2.35, 1], gap="medium")
    with left, st.container(gap="medium"):
        rows = [r for r in answer.rows if r["variant"] == variant]
        if headline(answer, rows, row, variant, period):
            if said := units(kpi, answers):
                html.show(html.note(" · ".join(said)))
            _baseline(kpi, row, period)
            beside(kpi, latest, variant, period)
            trend(answer, rows, row, variant, period)
        for one, asked, found in tables:
            if isinstance(found, Answer):
                evidence.show(one.heading, one.note, asked, found, one.columns, period)
            else:
                html.show(html.section(one.heading))
                html.show(html.note(f"Not shown: {found}"))
        readings(answer, kpi, period)
    with right:
        owners = {question.id: question.owner for question in load().questions.values()}
        _to_do(_says(kpi, variant), advice(kpi, list(until.values()), answers, owners))
        provenance.rail(ask, answer, f"{kpi} {row['name']}")


def _asked(one: Evidence, period: str, start: Any) -> tuple[Ask, Answer | str]:
    """The table's question and its answer; a table that cannot be asked says why, and the page goes on."""
    asked = Ask.of(one.question, params_of(one, period, start))
    try:
        return asked, session.answer(asked)
    except UsageError as fault:
        return asked, states.words(fault.message)


def _key(one: Evidence) -> str:
    return " ".join((one.question, *one.params.values()))


def _says(kpi: str, variant: str) -> str:
    formula = KPIS[kpi].formula if kpi in KPIS else ""
    return states.words(means(variant)) or (
        f"{formula[:1].upper()}{formula[1:]}." if formula else reading(variant)
    )


def _to_do(says: str, found: list[Any]) -> None:
    with st.container(border=True, key="todo"):
        body = html.section("What it says, and what to do")
        body += Mark("<p>{}</p>").format(says)
        for item in found:
            body += Mark('<div><strong>{}</strong><p class="po-small">{}</p></div>').format(
                item.heading, item.text
            )
        if not found:
            body += html.note("Nothing of what stands behind it calls for somebody now.")
        html.show(html.wrap(Mark('<div style="display:grid;gap:12px">{}</div>').format(body)))


def headline(answer: Answer, rows: list[Row], row: Row, variant: str, period: str) -> bool:
    """The number with its interval and coverage; a number that is withheld says why, and gives False."""
    if not row["reportable"] or row["value"] is None:
        states.withheld(
            f"{reading(variant)}, {formats.period(row['period_start'], period)}",
            str(row["reason"] or "the value is not reportable"),
        )
        return False
    status, state = STATUS.get(str(row["status"]), STATUS["none"])
    badges = [html.badge(status if row["target"] is None else f"{status} {goal(row)}", state)]
    if was := restated.kpi_note(answer, row):
        badges.append(marks.restated(was))
    share = is_share(row)
    sentence = (
        html.Mark("Of {} counted, {} met it.").format(
            html.strong(formats.count(row["denominator"])),
            html.strong(formats.count(row["numerator"])),
        )
        if share and row.get("denominator")
        else html.Mark("{} in {}.").format(
            html.strong(write(row["value"], row)), formats.period(row["period_start"], period)
        )
    )
    told = [interval(row), f"n {formats.count(row['n'])}" if row["n"] is not None else ""]
    if row["coverage"] is not None:
        told.append(f"coverage {formats.share(row['coverage'], 0)}")
    before = next((r for r in reversed(rows) if str(r["period_start"]) < str(row["period_start"])), None)  # fmt: skip
    change = ""
    if before and before["value"] is not None and before["reportable"] and row["status"] != "pending":  # fmt: skip
        moved = row["value"] - before["value"]
        change = (
            formats.change_points(moved, 0)
            if share
            else formats.change_count(moved, 0 if moved == int(moved) else 1)
        )
    html.show(
        marks.headline(
            f"{reading(variant)}, {formats.period(row['period_start'], period)}",
            write(row["value"], row),
            sentence,
            " · ".join(part for part in told if part),
            badges,
            change,
            f"vs {formats.period(before['period_start'], period)}" if change and before else "",
        )
    )
    return True


def _baseline(kpi: str, row: Row, period: str) -> None:
    """What the quarter is held against, as the quarterly report tells it: frozen, dated, or the first with a number."""
    if period != "quarter" or row["status"] == "pending" or kpi not in WITH_BASELINE:
        return
    first = formats.as_date(row["period_start"])
    quarter = f"{first.year}-Q{(first.month + 2) // 3}" if first else ""
    try:
        told = session.answer(Ask.of("quarterly_report", {"quarter": quarter})).rows
    except UsageError:
        return
    for one in told:
        figure = figures.read(one)
        if (figure.kpi, figure.variant) == (kpi, row["variant"]) and figure.baseline:
            base = figure.baseline
            value = f"{words.baseline_value(figure)}, " if base.value is not None else ""
            said = f"Baseline {words.baseline_kind(base)}: {value}{words.baseline_span(base)}"
            if moved := words.change(figure):
                said += f"; {moved} since then, {figure.verdict}"
            html.show(html.note(f"{said}."))


def beside(kpi: str, latest: list[Row], variant: str, period: str) -> None:
    """The other readings of the same period, as cards."""
    detail = variant.partition(":")[2]
    cards = []
    for name in BESIDE.get(kpi, ()):
        wanted = {name, f"{name}:{detail}"} - {variant}
        for row in latest:
            if row["variant"] not in wanted:
                continue
            shown = row["reportable"] and row["value"] is not None
            note = f"n {formats.count(row['n'])}" if row["n"] is not None else ""
            if row["target"] is not None:
                note += f" · target {goal(row)}"
            cards.append(
                (
                    reading(name),
                    write(row["value"], row) if shown else formats.NONE,
                    note if shown else str(row["reason"]),
                )
            )
    if cards:
        html.show(marks.cards(cards))


def trend(answer: Answer, rows: list[Row], row: Row, variant: str, period: str) -> None:
    """The reading by month or quarter, with interval and target."""
    known = [r for r in rows if r["reportable"] and r["value"] is not None]
    if len(known) < 2:
        html.show(
            html.note(f"No trend yet: {len(known)} {period} of this reading may be compared.")
        )
        return
    share = is_share(row)
    has_band = any(r["ci_low"] is not None for r in known)
    html.show(
        html.section(
            f"{reading(variant)}, by {period}",
            ("Band: 95% interval. " if has_band else "")
            + "Dashed and open: the period is not over, never compared"
            + (". Ring: restated" if any(restated.kpi_note(answer, r) for r in known) else ""),
        )
    )
    points = [
        Point(
            str(r["period_start"]),
            r["value"],
            write(r["value"], r),
            r["status"] != "pending",
            r["ci_low"],
            r["ci_high"],
            formats.period_short(r["period_start"], period),
            restated.kpi_note(answer, r),
        )
        for r in known
    ]
    before = _by_earlier_definition(answer, variant, period)
    target = row["target"]
    alt = f"{reading(variant)} by {period}: from {points[0].text} to {points[-1].text}" + (
        f", target {goal(row)}." if target is not None else "."
    )
    charts.draw(
        [Curve(reading(variant), points), *([before[0]] if before else ())],
        Frame(
            alt=alt,
            unit="change" if row["unit"] == "ratio" else "share" if share else "number",
            target=target,
            target_text=f"Target {goal(row)}" if target is not None else "",
        ),
    )
    if before:
        html.show(html.note(before[1]))
    if said := [f"{point.label} {point.note}" for point in points if point.note]:
        html.show(html.note(f"Restated: {'; '.join(said)}."))


def _by_earlier_definition(answer: Answer, variant: str, period: str) -> tuple[Curve, str] | None:
    """The same reading by the definition before this one, on the same records, and what to say of it."""
    _, model = provenance.kpi_model(answer, session.published())
    if not (earlier := model.get("earlier")):
        return None
    last = earlier[-1]
    number = last["definition_version"]
    ask = Ask.of("kpis", {"kpi": answer.params["kpi"], "period": period, "definition": number})
    try:
        told = session.answer(ask).rows
    except UsageError:
        return None
    known = [r for r in told if r["variant"] == variant and r["reportable"] and r["value"] is not None]  # fmt: skip
    points = [
        Point(
            str(r["period_start"]),
            r["value"],
            write(r["value"], r),
            r["status"] != "pending",
            label=formats.period_short(r["period_start"], period),
        )
        for r in known
    ]
    replaced = formats.period(last["replaced_on"], "day")
    said = f"Definition {number} counted until {replaced}; its line is drawn beside, from the same records."
    return Curve(f"Definition {number}", points, is_comparator=True), said


def readings(answer: Answer, kpi: str, period: str) -> None:
    """All readings of the KPI in their latest complete period."""
    newest: dict[str, Row] = {}
    for row in answer.rows:
        if row["status"] != "pending":
            newest[str(row["variant"])] = row
    if not newest:
        return
    html.show(html.section("All readings of this KPI", "The latest complete period of each"))
    lines: list[tuple[object, ...]] = []
    for variant, row in newest.items():
        status, state = STATUS.get(str(row["status"]), STATUS["none"])
        shown = row["reportable"] and row["value"] is not None
        lines.append(
            (
                reading(variant),
                html.together(formats.period(row["period_start"], period)),
                write(row["value"], row) if shown else formats.NONE,
                interval(row).removeprefix("95% interval ") if shown else "",
                formats.count(row["n"]),
                formats.share(row["coverage"], 0) if row["coverage"] is not None else "",
                goal(row) or formats.NONE,
                html.badge(status, state) if shown else html.badge("Not shown", "quiet", "hidden"),
                "" if shown else str(row["reason"] or ""),
            )
        )
    heads = ["Reading", "Period", "Value", "95% interval", "n", "Coverage", "Target", "Status", "Why not"]  # fmt: skip
    kept = [i for i in range(len(heads)) if any(str(line[i]) for line in lines)]
    html.show(
        html.wrap(
            html.table(
                [heads[i] for i in kept],
                [[line[i] for i in kept] for line in lines],
                frozenset(place for place, i in enumerate(kept) if i in (2, 3, 4, 5, 6)),
                caption=f"All readings of {kpi}",
            )
        )
    )


def leading(kpi: str, rows: list[Row]) -> list[str]:
    """The readings of a KPI, those that speak for it first; of several tools the newest that can be read."""
    newest: dict[str, tuple[bool, str]] = {}
    for row in rows:
        shown = bool(row["reportable"] and row["value"] is not None and row["status"] != "pending")
        now = (shown, str(row["period_start"]))
        newest[str(row["variant"])] = max(newest.get(str(row["variant"]), now), now)
    by_age = sorted(newest, key=lambda v: (newest[v], v), reverse=True)
    leads = sorted((v for v in by_age if is_lead(kpi, v)), key=lambda v: v not in LEADS.values())
    return leads + sorted(v for v in newest if v not in leads)


def is_share(row: Row) -> bool:
    """Whether the reading is written as a percentage."""
    return str(row["unit"]) in ("share", "rate", "ratio")


def interval(row: Row) -> str:
    """The 95 % interval in words; empty where there is none."""
    if row["ci_low"] is None or row["ci_high"] is None:
        return ""
    if is_share(row):
        return f"95% interval {formats.interval(row['ci_low'], row['ci_high'], 0)}"
    return f"95% interval {write(row['ci_low'], row)} to {write(row['ci_high'], row)}"


def goal(row: Row) -> str:
    """The target of the row, both ends where it has two."""
    return target_text(row, lambda value: write(value, row))


def write(value: Any, row: Row) -> str:
    """A value of the row in its unit, by the one formatter."""
    if value is None:
        return formats.NONE
    if is_share(row):
        return formats.share(value, 0 if (row["n"] or 0) < 1000 else 1)
    text = formats.value(value, str(row["unit"]))
    return f"{text} {_UNITS[row['unit']]}" if row["unit"] in _UNITS else text
