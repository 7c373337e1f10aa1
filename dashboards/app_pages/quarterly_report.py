"""Quarterly report: what product operations brought, against dated baselines, and what cannot be claimed.

`?quarter=2025-Q3`; the address is the whole state. Reads numbers only through `ask`.
"""

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.quarterly import figure, quarter, words
from dashboards.quarterly.figure import Figure
from dashboards.quarterly.recipes import GROUPS
from dashboards.snapshots import paper, periods, quarter_paper
from dashboards.widgets import charts, chips, health, html, marks, provenance, session, states
from dashboards.widgets.charts import Curve, Frame, Point
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

QUESTION = "quarterly_report"


def page() -> None:
    """The report of one quarter: figures by group, what cannot be claimed, the baselines, and both files."""
    html.show(
        html.title(
            "Quarterly report",
            "What product operations brought, each figure against its baseline, as of the quarter's end, and what cannot be claimed",
        )
    )
    with states.guarded():
        given = st.query_params.get("quarter")
        ask = Ask.of(QUESTION, {"quarter": given} if given else {})
        answer = session.answer(ask)
        figures = [figure.read(row) for row in answer.rows]
        _chips(answer)
        left, right = st.columns([2.35, 1], gap="medium")
        with left, st.container(gap="medium"):
            _state(answer, figures)
            if answer.summary["state"] != "running":
                for name in GROUPS:
                    _group(name, [one for one in figures if one.group == name], answer)
                _claims(answer)
                _baselines(answer, figures)
        with right:
            _files(answer)
            provenance.rail(ask, answer, f"Report of {_wanted(answer).text}")
    health.strip()


def _wanted(answer: Answer) -> quarter.Quarter:
    return quarter.read(str(answer.summary["quarter"]))


def _chips(answer: Answer) -> None:
    here = _wanted(answer)
    known = list(answer.summary["quarters"])
    options = known if here.name in known else [here.name, *known]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips"):
        html.show(html.note("Understood as"), is_inline=True)
        with st.popover(f"quarter **{here.text}**"):
            key = f"set-quarter-{here.name}"
            st.radio(
                "quarter",
                options,
                index=options.index(here.name),
                format_func=lambda name: quarter.read(name).text,
                key=key,
                on_change=_change,
                args=(key,),
            )


def _change(key: str) -> None:
    chips.set_param("quarter", st.session_state.get(key))


def _state(answer: Answer, figures: list[Figure]) -> None:
    """What must be known before any figure is read; otherwise the figures that lead."""
    state, here = str(answer.summary["state"]), _wanted(answer)
    if state in ("running", "empty"):
        running = state == "running"
        actions = states.card(
            "Pending" if running else "No data",
            "info" if running else "quiet",
            f"{here.text} is not over" if running else f"Nothing can be told of {here.text}",
            str(answer.summary["cannot_be_claimed"][0]) if running else quarter_paper.NOTHING,
            key="state-quarter",
        )
        with actions:
            st.page_link(
                "app_pages/quarterly_report.py", label="The last complete quarter", query_params={}
            )
            st.page_link("app_pages/kpis.py", label="All KPIs", query_params={})
        return
    lines = Mark("").join(Mark("<li>{}</li>").format(line) for line in quarter_paper.summary(figures))  # fmt: skip
    html.show(
        html.wrap(
            Mark('<h2 class="po-h2">In short</h2><ul class="po-short">{}</ul>').format(lines),
            html.note(
                f"{formats.count(answer.summary['shown'])} of {formats.count(answer.summary['figures'])} figures can be shown"
            ),
        ),
        key="short",
    )


def _group(name: str, figures: list[Figure], answer: Answer) -> None:
    html.show(html.section(name))
    for one in figures:
        html.show(_figure(one))
    if any(one.is_shown for one in figures):
        _trend(name, figures, answer)


def _figure(one: Figure) -> Mark:
    """Value, sentence, interval, badges, how it is counted, and the way to the KPI's own page."""
    status, state, _ = quarter_paper.judged(one)
    icon = None if one.is_shown and state != "info" else "check" if one.is_shown else "hidden"
    badges = [html.badge(status, state, icon)]
    if one.is_shown and one.status in quarter_paper.STATUS:
        badges[0] = html.badge(f"{status}: {words.target(one)}", state)
        if one.verdict:
            badges.append(html.badge(f"{one.verdict[:1].upper()}{one.verdict[1:]}", "quiet"))
    base = one.baseline
    if one.is_shown and base is not None:
        badges.append(html.badge(f"Baseline {words.baseline_span(base)}, {words.baseline_kind(base)}", "quiet", "seal" if base.kind == "frozen" else "clock"))  # fmt: skip
    against = ""
    if one.is_shown and base is not None and base.value is not None:
        against = f"vs {words.baseline_value(one)}, {words.baseline_span(base)}"
    change = words.change(one) if one.is_shown else ""
    evidence = quarter_paper.detail(one) if one.is_shown else ""
    if evidence and words.interval(one):
        evidence = f"95% interval {evidence}"
    head = marks.headline(
        f"{one.label}{', ' + words.period(one) if one.is_shown else ''}",
        words.value(one.value, one.unit, one.whole),
        Mark("{}").format(one.says),
        evidence,
        badges,
        change,
        against,
    )
    link = urlencode({"kpi": one.kpi, "variant": one.variant, "period": "quarter"})
    below = Mark('<p class="po-small">{}</p>').format(" ".join(one.caveats)) if one.caveats else Mark("")  # fmt: skip
    return Mark(
        '<div class="po po-figure">{}{}<p class="po-small">How it is counted: {} '
        '<a href="kpis?{}" target="_self">{} in full</a></p></div>'
    ).format(head, below, one.method, link, one.kpi)


# What is drawn over the quarters, and the figure whose baseline is its dashed line.
TRENDS = {
    "Hours": ("K4", "hours", "saved_per_week", "Hours of process work per PM-week, by quarter"),
    "Experiments": ("K2", "started", "started", "Experiments started, by quarter"),
}


def _trend(name: str, figures: list[Figure], answer: Answer) -> None:
    if name not in TRENDS:
        return
    kpi, reading, of, heading = TRENDS[name]
    based = [one for one in figures if one.is_shown and one.variant.partition(":")[0] == of]
    if not based:
        return
    one = based[-1]
    detail = one.variant.partition(":")[2]
    variant = f"{reading}:{detail}" if detail else reading
    rows = session.answer(Ask.of("kpis", {"kpi": kpi, "period": "quarter"})).rows
    points = [
        _point(row)
        for row in rows
        if row["variant"] == variant
        and row["reportable"]
        and row["value"] is not None
        and row["status"] != "pending"
        and (formats.as_date(row["period_start"]) or _wanted(answer).end) <= _wanted(answer).first
    ]
    if len(points) < 2:
        return
    target = one.baseline.value if one.baseline else None
    beside = f", {one.label.partition('(')[2].rstrip(')')}" if detail else ""
    html.show(html.section(f"{heading}{beside}", "Dashed: the baseline", level=3))
    charts.draw(
        [Curve(heading, points)],
        Frame(
            alt=f"{heading}: from {points[0].text} in {points[0].label} to {points[-1].text} in {points[-1].label}"
            + (f"; baseline {words.baseline_value(one)}." if target is not None else "."),
            unit="number" if kpi == "K4" else "count",
            target=target,
            target_text=f"Baseline {words.baseline_value(one)}" if target is not None else "",
        ),
    )


def _point(row: dict[str, Any]) -> Point:
    text = formats.number(row["value"], 1 if row["unit"] == "hours" else None)
    return Point(
        str(row["period_start"]),
        row["value"],
        text,
        low=row["ci_low"] if row["unit"] == "hours" else None,
        high=row["ci_high"] if row["unit"] == "hours" else None,
        label=formats.period_short(row["period_start"], "quarter"),
    )


def _claims(answer: Answer) -> None:
    lines = Mark("").join(
        Mark("<li>{}</li>").format(text) for text in answer.summary["cannot_be_claimed"]
    )
    html.show(
        html.wrap(
            Mark(
                '<h2 class="po-h2">What cannot be claimed</h2><ul class="po-short">{}</ul>'
            ).format(lines)  # fmt: skip
        ),
        key="claims",
    )


def _baselines(answer: Answer, figures: list[Figure]) -> None:
    told = quarter_paper.baselines(figures)
    if not told:
        return
    html.show(
        html.section(
            "Baselines",
            "Frozen: the value is declared in kpis.yml and stands. Dated: its days are declared, the value is read anew",
        )
    )
    html.show(
        html.wrap(
            html.table(
                ("Of", "Days", "Kind", "Value", "n", "Same days today", "Definition"),
                [tuple(row[key] for key in ("label", "days", "kind", "value", "n", "now", "definition")) for row in told],
                frozenset({3, 4, 5}),
                caption="The baseline of each figure",
            )
        )
    )  # fmt: skip
    if freeze := str(answer.summary["freeze"]):
        with st.expander("Freeze these baselines", type="compact"):
            html.show(html.note(Mark("Lines for {}, to be agreed on and kept: from then on the values stand.").format(html.code("company/kpis.yml"))))  # fmt: skip
            html.show(html.wrap(html.sql(freeze)))


def _files(answer: Answer) -> None:
    """The same report as files, made from this answer when they are asked for."""
    here = _wanted(answer)
    published = session.published()
    period = periods.of_quarter(here)

    def laid(as_pdf: bool) -> bytes:
        _, notices = paper.condition(published, period)
        if as_pdf:
            return quarter_paper.pdf(published, period, answer, notices)
        return quarter_paper.html(published, period, answer, notices).encode()

    with st.container(border=True, key="next", gap="xsmall"):
        html.show(html.section("Take it with you", level=3))
        st.download_button(
            "Download PDF",
            data=lambda: laid(as_pdf=True),
            file_name=f"quarterly-report-{here.name}-{published.version}.pdf",
            mime="application/pdf",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Download HTML",
            data=lambda: laid(as_pdf=False),
            file_name=f"quarterly-report-{here.name}-{published.version}.html",
            mime="text/html",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )
        st.page_link("app_pages/snapshot.py", label="Reports as they were taken")


with states.guarded():
    page()
