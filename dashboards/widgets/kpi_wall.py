"""All KPIs as tiles: the leading reading of each with trend, target, coverage and status, and the way to its page.

Knows the rows of `kpis` and how a headline is read from them, which is how the snapshot does. Must not compute a KPI.
"""

from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards.answer import Answer
from dashboards.kpi_evidence import KPIS
from dashboards.kpi_words import reading
from dashboards.snapshots.headline import Headline, withheld
from dashboards.snapshots.headlines import last_complete_day
from dashboards.snapshots.kpi_headlines import kpi as headline_of
from dashboards.widgets import html, kpi_page, marks, session
from dashboards.widgets.marks import Tile
from dashboards.widgets.session import Ask

# The names of KPIs that may have no row to say theirs.
NAMES = {
    "K1": "Data-access time",
    "K2": "Experiment velocity",
    "K3": "Tool adoption",
    "K4": "Process efficiency",
    "K5": "Onboarding speed",
    "K6": "Taxonomy health",
    "K7": "Feedback loop",
    "K8": "Roadmap hygiene",
    "K9": "Release cadence and handoffs",
    "K10": "Impact ledger",
}


def draw(period: str) -> None:
    """One tile per KPI, those of the company's own last."""
    answer = session.answer(Ask.of("kpis", {"period": period}))
    names = NAMES | {str(row["kpi"]): str(row["name"]) for row in answer.rows}
    wall = st.grid(3, min_column_width=270, border=True, gap=12)
    for kpi, name in names.items():
        with wall.cell(), st.container(key=f"tile-{kpi}"):
            html.show(marks.tile(_tile(answer, kpi, name, period)))
            with st.container(key=f"source-{kpi}"):
                way = html.link(f"Open {kpi}", "kpis", {"kpi": kpi, "period": period})
                html.show(html.wrap(way), is_inline=True)


def _tile(answer: Answer, kpi: str, name: str, period: str) -> Tile:
    rows = [row for row in answer.rows if row["kpi"] == kpi]
    variant = kpi_page.leading(kpi, rows)[0] if rows else ""
    found = _headline(answer, kpi, [r for r in rows if r["variant"] == variant], period)
    status = found.status
    if (
        status == "Under target"
    ):  # at most 90 days is missed above it, so "under" would say the contrary
        status = "Off target"
    if found.target is None and found.before is None and not found.is_withheld:
        status = "No target"
    said = (
        reading(variant) if variant else "",
        found.period_text.partition(",")[0],
        found.note,
        found.evidence,
    )
    return Tile(
        label=f"{kpi} {name}",
        value=found.text,
        change=found.change_text,
        compared_with=found.compared_with,
        note=" · ".join(part for part in said if part),
        status=status,
        state=found.state,
        trend=found.trend,
        target=found.target,
        is_withheld=found.is_withheld,
        restated=found.restated,
    )


def _headline(answer: Answer, kpi: str, rows: list[dict[str, Any]], period: str) -> Headline:
    blank = Headline(kpi, kpi, "kpis", {"kpi": kpi, "period": period})
    if not rows:
        lacks = KPIS[kpi].lacks.split(". ")[0] if kpi in KPIS and KPIS[kpi].lacks else ""
        return withheld(blank, lacks or "Its sources are not connected", "Not connected")
    own = replace(answer, rows=rows)
    kind = str(rows[0]["variant"]).partition(":")[0]
    return headline_of(kind, period)(blank, own, _no_more, last_complete_day(session.published()))


def _no_more(question: str, params: dict[str, Any]) -> Answer:
    raise LookupError(f"a KPI asks nothing more, yet it asked {question}")
