"""Counts over whole numbers as columns from zero, the ones that matter in full colour.

Knows Altair and the tokens. Must not know what is counted; the caller writes the alternative text from the same data.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from dashboards.widgets.charts import framed
from dashboards.widgets.tokens import Tokens, tokens

HEIGHT = 220


@dataclass(frozen=True)
class Column:
    """One column: the whole number that it stands on, its count, the words of its tooltip."""

    at: int
    count: int
    text: str
    is_marked: bool = False


def draw(columns: Sequence[Column], x_title: str, alt: str) -> None:
    """Draw the columns; they begin at zero."""
    st.altair_chart(
        chart(columns, x_title, tokens(st.context.theme.type)),
        width="stretch",
        height=HEIGHT,
        theme=None,
        alt=alt,
    )


def chart(columns: Sequence[Column], x_title: str, theme: Tokens) -> Any:
    """The Altair chart itself."""
    import altair as alt

    every = -(-len(columns) // 28)
    x = alt.X(
        "at:O",
        axis=alt.Axis(
            title=x_title,
            labelAngle=0,
            domain=False,
            ticks=False,
            labelPadding=6,
            values=[c.at for c in columns if c.at == 1 or c.at % (7 * every) == 0],
        ),
        scale=alt.Scale(paddingInner=0.15, paddingOuter=0.05),
    )
    y = alt.Y(
        "count:Q",
        axis=alt.Axis(
            title=None,
            format=",d",
            tickCount=4,
            tickMinStep=1,
            domain=False,
            ticks=False,
            gridColor=theme.border,
            labelPadding=6,
        ),
    )
    bars = (
        alt.Chart(alt.Data(values=[asdict(column) for column in columns]))
        .mark_bar(color=theme.series[0], cornerRadiusEnd=2)
        .encode(
            x=x,
            y=y,
            opacity=alt.condition("datum.is_marked", alt.value(1), alt.value(0.45)),
            tooltip=[alt.Tooltip("at:O", title=x_title), alt.Tooltip("text:N", title="people")],
        )
    )
    return framed(bars, theme, HEIGHT)
