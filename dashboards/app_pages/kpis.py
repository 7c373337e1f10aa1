"""KPIs: all of them against their targets, and one page per KPI with what stands behind it. Reads numbers only through `ask`.

`?kpi=K1&period=month&variant=within_15m&at=2025-10-01`; the address is the whole state, and without `kpi` all are shown.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer, UsageError
from dashboards.kpi_evidence import KPIS
from dashboards.kpi_words import reading
from dashboards.widgets import (
    chips,
    health,
    html,
    kpi_page,
    kpi_wall,
    provenance,
    session,
    states,
)
from dashboards.widgets.session import Ask

PERIODS = ("month", "quarter")


def page() -> None:
    """One KPI where the address names one, else all."""
    period = _one_of("period", PERIODS, "quarter")
    with states.guarded():
        kpi = st.query_params.get("kpi")
        if kpi is None or not _one(kpi, period):
            _all(period)
    health.strip()


def _all(period: str) -> None:
    html.show(
        html.title(
            "ProductOps KPIs",
            "Each with trend, target, coverage and status; complete periods only. A name leads to what stands behind it",
        )
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips"):
        _chip("period", list(PERIODS), period, str)
    kpi_wall.draw(period)


def _one(kpi: str, period: str) -> bool:
    """The page of one KPI; False where there is no such KPI."""
    ask = Ask.of("kpis", {"kpi": kpi, "period": period})
    try:
        answer = session.answer(ask)
    except UsageError as fault:
        states.wrong_address(f"{fault.message}; all are shown.", key="state-address-kpi")
        return False
    known = KPIS.get(kpi)
    name = str(answer.rows[0]["name"]) if answer.rows else kpi_wall.NAMES.get(kpi, kpi)
    html.show(html.title(name, f"{kpi} · {known.asks}" if known else kpi))
    html.show(html.note(html.link("← All ProductOps KPIs", "kpis", {"period": period})))
    if not answer.rows:
        _nothing(kpi, answer, ask)
        return True
    variants = kpi_page.leading(kpi, answer.rows)
    variant = _one_of("variant", tuple(variants), variants[0])
    rows = [r for r in answer.rows if r["variant"] == variant]
    starts = [str(r["period_start"])[:10] for r in rows]
    done = [str(r["period_start"])[:10] for r in rows if r["status"] != "pending"] or starts
    at = _one_of("at", tuple(starts), done[-1])
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips"):
        html.show(html.note("Understood as"), is_inline=True)
        _chip("variant", variants, variant, reading)
        _chip("period", list(PERIODS), period, str)
        _chip("at", starts[::-1], at, lambda day: formats.period(day, period))
    row = next(r for r in rows if str(r["period_start"])[:10] == at)
    kpi_page.draw(kpi, answer, ask, variant, period, row)
    return True


def _nothing(kpi: str, answer: Answer, ask: Ask) -> None:
    """A KPI without a row: what it lacks, never a number."""
    known = KPIS.get(kpi)
    reason = known.lacks if known and known.lacks else " ".join(answer.caveats)
    left, right = st.columns([2.35, 1], gap="medium")
    with left:
        states.withheld(kpi_wall.NAMES.get(kpi, kpi), reason)
    with right:
        provenance.rail(ask, answer, kpi)


def _one_of(name: str, known: tuple[str, ...], default: str) -> str:
    given = st.query_params.get(name)
    if given is None or given in known:
        return given or default
    states.wrong_address(
        f"There is no {name} “{given[:40]}”; {default} is shown.", key=f"state-address-{name}"
    )
    return default


def _chip(name: str, options: list[str], value: str, words: Callable[[str], str]) -> None:
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


def _labelled(words: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda item: html.label(words(item))


def _change(name: str, key: str) -> None:
    if name == "period":
        st.query_params.pop("at", None)
    chips.set_param(name, st.session_state.get(key))


with states.guarded():
    page()
