"""The quarterly report on paper: HTML and PDF from the rows of the question `quarterly_report`.

Knows the layout of figures, baselines and claims. Must not compute: texts come from the answer and from `words`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards import wording
from dashboards.answer import Answer
from dashboards.published import Published
from dashboards.quarterly import figure, words
from dashboards.quarterly.figure import BEYOND_CHANCE, NO_CLEAR_CHANGE, Figure
from dashboards.quarterly.recipes import GROUPS, RECIPES
from dashboards.snapshots import paper
from dashboards.snapshots.periods import Period

QUESTION = "quarterly_report"
LEADS = ("saved_hours", "started", "reuse", "first_ship")
STATUS = {
    "on_target": ("On target", "good", "✓"),
    "off_target": ("Off target", "warn", "!"),
    "failed": ("Off target", "bad", "✗"),
}
NOTHING = "No figure of this quarter can be shown; each line says why."


def ask_for(published: Published, quarter: str) -> Answer:
    """The report of the quarter, as a page asks for it too."""
    from dashboards.ask import ask

    return ask(published, QUESTION, {"quarter": quarter})


def has_figures(published: Published, period: Period) -> bool:
    """Whether any number of the quarter can be told, so that a company without this evidence gets no empty report."""
    kpis = sorted({recipe.kpi for recipe in RECIPES})
    for table in sorted(published.tables):
        if not table.startswith("kpis.") or not published.has_rows(table):
            continue
        found = published.query(
            f"select count(*) as told from {table} where kpi in (select unnest(?::varchar[])) and period = 'quarter' and period_start = ?::date and reportable and n > 0",  # noqa: S608 - the version's own table
            [kpis, period.first],
        )
        if found.item(0, 0):
            return True
    return False


def html(published: Published, period: Period, answer: Answer, notices: list[str]) -> str:
    """The report as one HTML document without any outside resource."""
    return paper.html_of("quarter.html.j2", content(published, period, answer, notices))


def pdf(published: Published, period: Period, answer: Answer, notices: list[str]) -> bytes:
    """The report as tagged PDF, as many sheets of A4 as it needs."""
    return paper.pdf_of("quarter.typ", content(published, period, answer, notices))


def content(
    published: Published, period: Period, answer: Answer, notices: list[str]
) -> dict[str, Any]:
    """All texts of the report, in the order in which they are read."""
    figures = [figure.read(row) for row in answer.rows]
    return {
        "title": period.title,
        "period": period.text,
        "company": str(published.settings.get("company") or ""),
        "version": published.version,
        "notices": notices,
        "summary": summary(figures),
        "groups": [
            {"name": name, "figures": [_figure(one) for one in figures if one.group == name]}
            for name in GROUPS
        ],
        "claims": list(answer.summary["cannot_be_claimed"]),
        "baselines": baselines(figures),
        "footer": f"As of the end of the quarter · {paper.footer(published)}",
    }


def summary(figures: Sequence[Figure]) -> list[str]:
    """The figures that lead, one line each."""
    lead = [f for f in figures if f.is_shown and f.variant.partition(":")[0] in LEADS]
    return [words.short(one) for one in lead] or [NOTHING]


def baselines(figures: Sequence[Figure]) -> list[dict[str, str]]:
    """Each baseline once: its days, whether it is frozen, what it was and what the same days give now."""
    return [
        {
            "label": one.label,
            "days": words.baseline_span(one.baseline),
            "kind": words.baseline_kind(one.baseline),
            "value": words.baseline_value(one),
            "n": wording.count(one.baseline.n),
            "now": words.value(one.baseline.now, one.unit) if one.baseline.now is not None else wording.NONE,
            "definition": f"{one.kpi}, definition {one.definition}",
        }
        for one in figures
        if one.baseline is not None
    ]  # fmt: skip


def judged(one: Figure) -> tuple[str, str, str]:
    """Status in words, its state and its sign: against the target, else against chance."""
    if not one.is_shown:
        return "Not shown", "quiet", "–"
    if one.status in STATUS:
        return STATUS[one.status]
    if one.verdict == BEYOND_CHANCE:
        return "Beyond chance", "info", "●"
    if one.verdict == NO_CLEAR_CHANGE:
        return "No clear change", "quiet", "="
    return "Not compared", "quiet", "–"


def detail(one: Figure) -> str:
    """Interval, n and coverage in one line."""
    counted = "" if one.unit == "count" or one.n is None else f"{wording.count(one.n)} {one.n_of}"
    parts = [words.interval(one), counted]
    if one.coverage is not None:
        parts.append(f"coverage {wording.share(one.coverage, 0)}")
    return " · ".join(part for part in parts if part)


def _figure(one: Figure) -> dict[str, str]:
    status, state, sign = judged(one)
    base = one.baseline
    return {
        "id": one.id,
        "label": one.label,
        "period": words.period(one) if one.is_shown else "",
        "value": words.value(one.value, one.unit, one.whole),
        "baseline": words.baseline_value(one) if one.is_shown else wording.NONE,
        "baseline_days": words.baseline_span(base) if base and one.is_shown else "",
        "change": words.change(one) or wording.NONE,
        "detail": detail(one) if one.is_shown else "",
        "target": words.target(one) if one.is_shown else wording.NONE,
        "status": status,
        "state": state,
        "sign": sign,
        "says": one.says,
        "method": one.method,
        "caveats": " ".join(one.caveats),
    }
