"""Counts over days as bars, with the part that is not in order, days without anything, releases and the asked day.

Knows Altair and the tokens. Must not know which count it draws; the caller writes the alternative text from the same data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards.widgets.charts import framed
from dashboards.widgets.tokens import Tokens, tokens

HEIGHT = 216
ASKED = "asked from"


@dataclass(frozen=True)
class DayBar:
    """One bar: its first day, how many days it covers, the count and the part of it that is not in order."""

    start: date
    days: int
    count: int
    part: int
    text: str
    is_complete: bool = True


@dataclass(frozen=True)
class Around:
    """What is drawn beside the bars."""

    alt: str
    gaps: Sequence[tuple[date, date]] = field(default=())  # first and last day without anything
    marks: Sequence[tuple[date, str]] = field(default=())
    asked_from: date | None = None


def draw(bars: Sequence[DayBar], around: Around) -> None:
    """Draw the bars; they begin at zero."""
    st.altair_chart(
        chart(bars, around, tokens(st.context.theme.type)),
        width="stretch",
        height=HEIGHT,
        theme=None,
        alt=around.alt,
    )


def chart(bars: Sequence[DayBar], around: Around, theme: Tokens) -> Any:
    """The Altair chart itself."""
    import altair as alt

    first = bars[0].start
    last = max(bar.start + timedelta(days=bar.days) for bar in bars)
    x_axis = alt.Axis(
        title=None,
        grid=False,
        domain=False,
        ticks=False,
        labelPadding=8,
        tickCount="day" if (last - first).days <= 8 else 7,
        labelOverlap=True,
        format="%-d %b" if (last - first).days < 200 else "%b %Y",
    )
    scale = alt.Scale(domain=[_at(first), _at(last)], nice=False)
    x = alt.X("from:T", axis=x_axis, scale=scale)
    y_axis = alt.Axis(
        title=None,
        format=",d",
        tickCount=3,
        tickMinStep=1,
        domain=False,
        ticks=False,
        gridColor=theme.border,
        labelPadding=6,
    )
    top = alt.Scale(domain=[0, max(1.15 * max((bar.count for bar in bars), default=1), 1)])
    rows = [_row(bar) for bar in bars]
    tooltip = [
        alt.Tooltip("from:T", title="from", format="%-d %b %Y"),
        alt.Tooltip("text:N", title="events"),
    ]
    base = alt.Chart(alt.Data(values=rows))
    layers = [
        *_gaps(around, x, theme),
        base.mark_rect(color=theme.series[0], opacity=0.9).encode(
            x=x,
            x2="to:T",
            y=alt.Y("count:Q", axis=y_axis, scale=top),
            y2="zero:Q",
            tooltip=tooltip,
            opacity=alt.condition("datum.complete", alt.value(0.9), alt.value(0.35)),
        ),
        base.mark_rect(color=theme.target).encode(
            x=x, x2="to:T", y=alt.Y("part:Q", scale=top), y2="zero:Q", tooltip=tooltip
        ),
        *_lines(around, x, theme, first, last),
    ]
    return framed(alt.layer(*layers), theme, HEIGHT)


def _row(bar: DayBar) -> dict[str, Any]:
    # A hairline of the ground between two bars; a bar of many days keeps its share of the width.
    until = bar.start + timedelta(days=bar.days)
    return {
        "from": _at(bar.start),
        "to": f"{until - timedelta(days=1)}T20:00:00" if bar.days > 0 else _at(until),
        "count": bar.count,
        "part": bar.part,
        "zero": 0,
        "text": bar.text,
        "complete": bar.is_complete,
    }


def _gaps(around: Around, x: Any, theme: Tokens) -> list[Any]:
    import altair as alt

    if not around.gaps:
        return []
    rows = [
        {"from": _at(start), "to": _at(end + timedelta(days=1)), "name": "no events"}
        for start, end in around.gaps
    ]
    data = alt.Chart(alt.Data(values=rows))
    return [
        data.mark_rect(color=theme.comparator, opacity=0.16).encode(x=x, x2="to:T"),
        data.mark_text(
            color=theme.muted, align="left", dx=3, baseline="top", dy=2, fontSize=11
        ).encode(x=x, y=alt.value(14), text="name:N"),
    ]


def _lines(around: Around, x: Any, theme: Tokens, first: date, last: date) -> list[Any]:
    """Releases as names above the bars, and the day from which somebody asked."""
    import altair as alt

    shown = [(day, f"▲ {name}") for day, name in around.marks if first <= day < last]
    if around.asked_from and first < around.asked_from < last:
        shown.append((around.asked_from, ASKED))
    layers = []
    for line, members in enumerate(_rows_of(shown, last - first)):
        for is_asked in (False, True):
            rows = [
                {"from": _at(day), "name": name}
                for day, name in members
                if (name == ASKED) == is_asked
            ]
            if not rows:
                continue
            data = alt.Chart(alt.Data(values=rows))
            rule = (
                data.mark_rule(color=theme.ink, strokeWidth=1.5)
                if is_asked
                else data.mark_rule(color=theme.comparator, strokeDash=[2, 3])
            )
            layers += [
                rule.encode(x=x),
                data.mark_text(
                    color=theme.ink if is_asked else theme.muted,
                    align="left",
                    dx=4,
                    baseline="top",
                    fontSize=12,
                    fontWeight=600 if is_asked else "normal",
                    # On a phone the names would lie on each other; the lines stay.
                    opacity=alt.expr("width < 420 ? 0 : 1"),
                ).encode(x=x, y=alt.value(14 * line), text="name:N"),
            ]
    return layers


def _rows_of(marks: Sequence[tuple[date, str]], span: timedelta) -> list[list[tuple[date, str]]]:
    """The names in as many lines as keep them from lying on each other, three at most."""
    lines: list[list[tuple[date, str]]] = []
    ends: list[date] = []
    for day, name in sorted(marks):
        width = (
            span * (len(name) * 7 + 16) / 820
        )  # a letter is about 7 of the 820 pixels of the chart
        free = next((n for n, end in enumerate(ends) if end <= day), None)
        if free is None and len(lines) < 3:
            lines.append([])
            ends.append(day)
            free = len(lines) - 1
        if free is not None:
            lines[free].append((day, name))
            ends[free] = day + width
    return lines


def _at(day: date) -> str:
    # With a time and no zone the browser reads it as local, as the axis prints it; a bare date would be read as UTC.
    return f"{day.isoformat()}T00:00:00"
