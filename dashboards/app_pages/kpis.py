"""KPIs: product operations against its targets, one KPI at a time. Reads numbers only through `ask`.

`?kpi=K1&period=month&variant=within_15m`; the address is the whole state.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboards import restated
from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.kpi_words import LEADS, means, reading
from dashboards.widgets import (
    charts,
    chips,
    health,
    html,
    marks,
    provenance,
    session,
    states,
)
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.session import Ask

STATUS = {
    "on_target": ("On target", "good"),
    "off_target": ("Off target", "warn"),
    "failed": ("Failed rollout", "bad"),
    "pending": ("Pending", "info"),
    "none": ("No target", "quiet"),
}
PERIODS = ("month", "quarter")


def page() -> None:
    """One KPI: headline, months or quarters, its other readings."""
    html.show(
        html.title(
            "ProductOps KPIs",
            "Each with n, interval, coverage, target and status; complete periods only",
        )
    )
    period = _one_of("period", PERIODS, "quarter")
    with states.guarded():
        answer = session.answer(Ask.of("kpis", {"period": period}))
        kpis = {str(row["kpi"]): str(row["name"]) for row in answer.rows}
        if not kpis:
            states.empty("no KPI has a value yet; its sources are not connected", [])
            return
        kpi = _one_of("kpi", tuple(kpis), next(iter(kpis)))
        variants = sorted(
            {str(r["variant"]) for r in answer.rows if r["kpi"] == kpi},
            key=lambda v: (not v.startswith(LEADS.get(kpi, "~")), v),
        )
        variant = _one_of("variant", tuple(variants), variants[0])
        _chips(kpis, kpi, variants, variant, period)
        left, right = st.columns([2.35, 1], gap="medium")
        with left, st.container(gap="medium"):
            _detail(answer, kpi, variant, period)
            _others(answer, kpi, period)
        with right:
            ask = Ask.of("kpis", {"kpi": kpi, "period": period})
            provenance.rail(ask, session.answer(ask), f"{kpi} {kpis[kpi]}")
    health.strip()


def _one_of(name: str, known: tuple[str, ...], default: str) -> str:
    given = st.query_params.get(name)
    if given is None or given in known:
        return given or default
    states.wrong_address(
        f"There is no {name} “{given[:40]}”; {default} is shown.", key=f"state-address-{name}"
    )
    return default


def _chips(kpis: dict[str, str], kpi: str, variants: list[str], variant: str, period: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips"):
        html.show(html.note("Understood as"), is_inline=True)
        choices: list[tuple[str, list[str], str, Callable[[str], str]]] = [
            ("kpi", list(kpis), kpi, lambda k: f"{k} {kpis[k]}"),
            ("variant", variants, variant, reading),
            ("period", list(PERIODS), period, str),
        ]
        for name, options, value, words in choices:
            with st.popover(f"{name} **{html.label(words(value))}**"):
                key = f"set-{name}-{value}"
                st.radio(
                    name,
                    options,
                    index=options.index(value),
                    format_func=_labelled(words),
                    key=key,
                    on_change=_change,
                    args=(name, key),
                )


def _labelled(words: Callable[[str], str]) -> Callable[[str], str]:
    return lambda item: html.label(words(item))


def _change(name: str, key: str) -> None:
    if name == "kpi":
        st.query_params.pop("variant", None)
    chips.set_param(name, st.session_state.get(key))


def _detail(answer: Answer, kpi: str, variant: str, period: str) -> None:
    rows = [r for r in answer.rows if r["kpi"] == kpi and r["variant"] == variant]
    shown = [r for r in rows if r["status"] != "pending"] or rows
    last, before = shown[-1], shown[-2] if len(shown) > 1 else None
    words, state = STATUS.get(str(last["status"]), STATUS["none"])
    if not last["reportable"] or last["value"] is None:
        states.too_few(
            f"{formats.period(last['period_start'], period)}: {last['reason'] or 'the value is not reportable'}. The number is withheld, not zero."
        )
        return
    share = _is_share(last)
    badges = [
        html.badge(
            words if last["target"] is None else f"{words} {_write(last['target'], last)}", state
        )
    ]
    if was := restated.kpi_note(answer, last):
        badges.append(marks.restated(was))
    sentence = (
        html.Mark("Of {} counted, {} met it.").format(
            html.strong(formats.count(last["denominator"])),
            html.strong(formats.count(last["numerator"])),
        )
        if share and last.get("denominator")
        else html.Mark("{} in {}.").format(
            html.strong(_write(last["value"], last)), formats.period(last["period_start"], period)
        )
    )
    evidence = [f"n {formats.count(last['n'])}" if last["n"] is not None else ""]
    if share and last["ci_low"] is not None:
        evidence.insert(0, f"95% interval {formats.interval(last['ci_low'], last['ci_high'], 0)}")
    if last["coverage"] is not None:
        evidence.append(f"coverage {formats.share(last['coverage'], 0)}")
    change = ""
    if before and before["value"] is not None and before["reportable"]:
        change = (
            formats.change_points(last["value"] - before["value"])
            if share
            else formats.change_count(last["value"] - before["value"])
        )
    html.show(
        marks.headline(
            f"{reading(variant)}, {formats.period(last['period_start'], period)}",
            _write(last["value"], last),
            sentence,
            " · ".join(part for part in evidence if part),
            badges,
            change,
            f"vs {formats.period(before['period_start'], period)}" if change and before else "",
        )
    )
    if said := means(variant):
        html.show(html.note(said))
    _trend(answer, rows, variant, period, last)


def _trend(
    answer: Answer, rows: list[dict[str, Any]], variant: str, period: str, last: dict[str, Any]
) -> None:
    known = [r for r in rows if r["reportable"] and r["value"] is not None]
    if len(known) < 2:
        return
    share = _is_share(last)
    html.show(
        html.section(
            f"{reading(variant)}, by {period}",
            ("Band: 95% interval. " if share else "")
            + "Dashed and open: the period is not over, never compared"
            + (". Ring: restated" if any(restated.kpi_note(answer, r) for r in known) else ""),
        )
    )
    points = [
        Point(
            str(r["period_start"]),
            r["value"],
            _write(r["value"], r),
            r["status"] != "pending",
            r["ci_low"] if share else None,
            r["ci_high"] if share else None,
            formats.period_short(r["period_start"], period),
            restated.kpi_note(answer, r),
        )
        for r in known
    ]
    target = last["target"]
    alt = f"{reading(variant)} by {period}: from {points[0].text} to {points[-1].text}" + (
        f", target {_write(target, last)}." if target is not None else "."
    )
    charts.draw(
        [Curve(reading(variant), points)],
        Frame(
            alt=alt,
            unit="share" if share else "number",
            target=target,
            target_text=f"Target {_write(target, last)}" if target is not None else "",
        ),
    )
    if said := [f"{point.label} {point.note}" for point in points if point.note]:
        html.show(html.note(f"Restated: {'; '.join(said)}."))


def _others(answer: Answer, kpi: str, period: str) -> None:
    newest: dict[str, dict[str, Any]] = {}
    for row in answer.rows:
        if row["kpi"] == kpi and row["status"] != "pending":
            newest[str(row["variant"])] = row
    html.show(html.section("All readings of this KPI", "The latest complete period of each"))
    lines: list[tuple[object, ...]] = []
    for variant, row in newest.items():
        words, state = STATUS.get(str(row["status"]), STATUS["none"])
        shown = row["reportable"] and row["value"] is not None
        lines.append(
            (
                reading(variant),
                formats.period(row["period_start"], period),
                _write(row["value"], row) if shown else formats.NONE,
                formats.count(row["n"]),
                _write(row["target"], row),
                html.badge(words, state) if shown else html.badge("Not shown", "quiet", "hidden"),
                "" if shown else str(row["reason"] or ""),
            )
        )
    heads: tuple[str, ...] = ("Reading", "Period", "Value", "n", "Target", "Status", "Why not")
    if not any(line[-1] for line in lines):
        heads = heads[:-1]
        lines = [line[:-1] for line in lines]
    html.show(
        html.wrap(html.table(heads, lines, frozenset({2, 3, 4}), caption=f"All readings of {kpi}"))
    )


def _is_share(row: dict[str, Any]) -> bool:
    return str(row["unit"]) in ("share", "rate", "ratio")


def _write(value: Any, row: dict[str, Any]) -> str:
    if value is None:
        return formats.NONE
    return (
        formats.share(value, 0 if (row["n"] or 0) < 1000 else 1)
        if _is_share(row)
        else formats.value(value, str(row["unit"]))
    )


with states.guarded():
    page()
