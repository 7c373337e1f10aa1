"""Curves on a canvas: values over time or over intervals, with interval band, target and comparator.

Knows Altair and the tokens. Must not know which question a curve answers. Every chart carries an alternative text that
states its takeaway with numbers; the caller writes it from the same data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import streamlit as st

from dashboards.widgets.tokens import Tokens, tokens

HEIGHT = 250
PLOT = 195  # pixels of it between the lowest and the highest value, about
RISE, LINE = 12, 15  # pixels of a label above its point, and of a line of text
MOST_CURVES = 5  # more belong in small multiples
MOST_TICKS = 8  # of a scale of time
MOST_LABELS = 16  # named marks on an axis; more become a scale of time
FORMATS = {"share": ".0%", "change": "+.0%", "count": ",d", "number": ",.1f", "score": ".0f"}


@dataclass(frozen=True)
class Point:
    """One point: `at` is an ISO date or a number, `text` its value as written everywhere else."""

    at: str | int
    value: float | None
    text: str
    is_complete: bool = True
    low: float | None = None
    high: float | None = None
    label: str = ""
    note: str = ""  # that the point was restated, and what it was; it gets a ring


@dataclass(frozen=True)
class Curve:
    """One line; the first drawn is the one that the answer is about."""

    name: str
    points: Sequence[Point]
    is_comparator: bool = False


@dataclass(frozen=True)
class Frame:
    """What is around the curves."""

    alt: str
    unit: str = "count"
    x_title: str = ""
    target: float | None = None
    target_text: str = ""
    from_zero: bool = True
    events: Sequence[tuple[str, str]] = field(default=())


def draw(curves: Sequence[Curve], frame: Frame) -> None:
    """Draw the curves, as many as can be told apart."""
    st.altair_chart(
        chart(curves[:MOST_CURVES], frame, tokens(st.context.theme.type)),
        width="stretch",
        height=HEIGHT,
        theme=None,
        alt=frame.alt,
    )


def chart(curves: Sequence[Curve], frame: Frame, theme: Tokens) -> Any:
    """The Altair chart itself."""
    import altair as alt

    is_time = any(isinstance(point.at, str) for curve in curves for point in curve.points)
    axis = alt.Axis(
        title=frame.x_title or None,
        grid=False,
        domain=False,
        ticks=False,
        labelPadding=8,
        tickCount=7,
        labelOverlap=True,
    )
    if curves[0].points[0].label and len(curves[0].points) <= MOST_LABELS:
        axis.labelAngle = 0
        x = alt.X("label:O", axis=axis, sort=None, scale=alt.Scale(type="point", padding=0.25))
    elif is_time:
        short = _span_days(curves) < 100
        axis.format = "%-d %b" if short else "%b %Y"
        if short:
            axis.values = _ticks(curves)
        x = alt.X("at:T", axis=axis)
    else:
        x = alt.X("at:Q", axis=axis, scale=alt.Scale(nice=False))
    scale = alt.Scale(zero=frame.from_zero, nice=True)
    if frame.unit == "share" and frame.target is not None:
        scale = alt.Scale(domain=[0, 1])
    y_axis = alt.Axis(
        title=None,
        format=FORMATS[frame.unit],
        tickCount=4,
        domain=False,
        ticks=False,
        gridColor=theme.border,
        labelPadding=6,
    )
    y = alt.Y("value:Q", axis=y_axis, scale=scale)
    layers: list[Any] = []
    rises = label_rises(curves, frame.from_zero)
    for place, curve in enumerate(curves):
        colour = theme.comparator if curve.is_comparator else theme.series[place]
        layers += _layers(curve, colour, x, y, scale, theme, rises[place])
    if frame.target is not None:
        layers += _target(frame, scale, theme)
    if frame.events and is_time:
        layers.append(_events(frame, theme))
    return framed(alt.layer(*layers), theme, HEIGHT, top=8)


def framed(drawn: Any, theme: Tokens, height: int, top: int = 6) -> Any:
    """A chart in the house's ground, margins and lettering."""
    return (
        drawn.properties(height=height, padding={"left": 0, "right": 8, "top": top, "bottom": 4})
        .configure(background="transparent", font="Inter, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=theme.muted,
            titleColor=theme.muted,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
    )


def _ticks(curves: Sequence[Curve]) -> list[Any]:
    """Marks on days that have a point, the last one among them: weeks begin where the workspace says, not where the axis would."""
    import altair as alt

    days = sorted({date.fromisoformat(str(p.at)[:10]) for curve in curves for p in curve.points})
    step = -(-len(days) // MOST_TICKS)
    return [alt.DateTime(year=d.year, month=d.month, date=d.day) for d in days[::-1][::step][::-1]]


def _local(at: str | int) -> str | int:
    """A day as the browser's local midnight, as ticks are; a bare date would be read as UTC."""
    return f"{at}T00:00:00" if isinstance(at, str) and len(at) == 10 else at


def _span_days(curves: Sequence[Curve]) -> int:
    days = [date.fromisoformat(str(p.at)[:10]) for curve in curves for p in curve.points]
    return (max(days) - min(days)).days


def _ends(curve: Curve) -> list[Point]:
    """The points that carry their value: the first and the last that are over."""
    done = [point for point in curve.points if point.value is not None and point.is_complete]
    return [done[0], done[-1]] if len(done) > 1 else done


def label_rises(curves: Sequence[Curve], from_zero: bool) -> list[list[int]]:
    """For each curve how far its labels stand above their points, in pixels, so that none stands on another."""
    values = [p.value for curve in curves for p in curve.points if p.value is not None]
    low = min(0.0, *values) if from_zero and values else min(values, default=0.0)
    a_pixel = (max(values, default=0.0) - low) / PLOT or 1.0
    rises = [[RISE for _ in _ends(curve)] for curve in curves]
    for side in (0, -1):
        named = [
            (float(ends[side].value or 0.0), place)
            for place, curve in enumerate(curves)
            if not curve.is_comparator and len(ends := _ends(curve)) > 1
        ]
        above = None
        for value, place in sorted(named, reverse=True):
            height = value / a_pixel + RISE
            if above is not None and height > above - LINE:
                height = above - LINE
            rises[place][side] = round(height - value / a_pixel)
            above = height
    return rises


def _layers(
    curve: Curve, colour: str, x: Any, y: Any, scale: Any, theme: Tokens, rises: Sequence[int]
) -> list[Any]:
    import altair as alt

    values = [
        {
            "at": _local(point.at),
            "value": point.value,
            "text": point.text,
            "low": point.low,
            "high": point.high,
            "complete": point.is_complete,
            "name": curve.name,
            "label": point.label,
            "note": point.note,
        }
        for point in curve.points
        if point.value is not None
    ]
    done = [value for value in values if value["complete"]]
    # The dashed part starts at the last complete point, so that the line does not break.
    still_open = ([done[-1]] if done else []) + [v for v in values if not v["complete"]]
    tooltip = [
        alt.Tooltip("name:N", title="line"),
        alt.Tooltip("at:T" if isinstance(curve.points[0].at, str) else "at:Q", title="at"),
        alt.Tooltip("text:N", title="value"),
    ]
    if any(value["note"] for value in values):
        tooltip.append(alt.Tooltip("note:N", title="restated"))
    layers: list[Any] = []
    if any(value["low"] is not None for value in values):
        layers.append(
            alt.Chart(alt.Data(values=[v for v in values if v["low"] is not None]))
            .mark_area(color=colour, opacity=theme.band_opacity)
            .encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q")
        )
    if len(done) > 1:
        layers.append(
            alt.Chart(alt.Data(values=done))
            .mark_line(color=colour, strokeWidth=1.5 if curve.is_comparator else 2)
            .encode(x=x, y=y, tooltip=tooltip)
        )
    if len(still_open) > 1:
        layers.append(
            alt.Chart(alt.Data(values=still_open))
            .mark_line(color=colour, strokeWidth=2, strokeDash=[4, 4])
            .encode(x=x, y=y, tooltip=tooltip)
        )
    if not curve.is_comparator:
        layers += _points(values, colour, x, y, tooltip, theme, rises)
    if rings := [value for value in values if value["note"]]:
        layers.append(
            alt.Chart(alt.Data(values=rings))
            .mark_point(color=theme.ink, filled=False, strokeWidth=1.5, size=150, opacity=1)
            .encode(x=x, y=y, tooltip=tooltip)
        )
    return layers


def _points(
    values: list[dict[str, Any]],
    colour: str,
    x: Any,
    y: Any,
    tooltip: Any,
    theme: Tokens,
    rises: Sequence[int],
) -> list[Any]:
    import altair as alt

    done = [value for value in values if value["complete"]]
    still_open = [value for value in values if not value["complete"]]
    shown = done if len(done) <= 16 else done[-1:]
    layers = [
        alt.Chart(alt.Data(values=shown))
        .mark_point(color=colour, fill=colour, filled=True, size=42, opacity=1)
        .encode(x=x, y=y, tooltip=tooltip)
    ]
    if still_open:
        layers.append(
            alt.Chart(alt.Data(values=still_open[-1:]))
            .mark_point(color=colour, fill=theme.background, strokeWidth=2, size=50, opacity=1)
            .encode(x=x, y=y, tooltip=tooltip)
        )
    named = ([done[0], done[-1]] if len(done) > 1 else done)[-2:]
    sides: tuple[Any, ...] = ("left", "right")[2 - len(named) :]
    for value, align, rise in zip(named, sides, rises, strict=True):
        layers.append(
            alt.Chart(alt.Data(values=[value]))
            .mark_text(
                color=theme.ink,
                align=align,
                dy=-rise,
                fontSize=12,
                fontWeight=600,
                font="Inter, sans-serif",
            )
            .encode(x=x, y=y, text="text:N")
        )
    return layers


def _events(frame: Frame, theme: Tokens) -> Any:
    """A mark above the axis on each day on which something happened."""
    import altair as alt

    by_day: dict[str, list[str]] = {}
    for at, name in frame.events:
        by_day.setdefault(at, []).append(name)
    values = [{"at": _local(at), "name": "; ".join(names)} for at, names in by_day.items()]
    return (
        alt.Chart(alt.Data(values=values))
        .mark_text(text="▲", baseline="bottom", fontSize=11, color=theme.muted)
        .encode(
            x=alt.X("at:T"),
            y=alt.value("height"),
            tooltip=[alt.Tooltip("at:T", title="on"), alt.Tooltip("name:N", title="what")],
        )
    )


def _target(frame: Frame, scale: Any, theme: Tokens) -> list[Any]:
    import altair as alt

    data = alt.Data(values=[{"target": frame.target, "text": frame.target_text}])
    y = alt.Y("target:Q", scale=scale)
    rule = alt.Chart(data).mark_rule(color=theme.target, strokeDash=[5, 4], strokeWidth=1.5)
    text = alt.Chart(data).mark_text(
        color=theme.target, align="center", dy=9, baseline="top", fontSize=12, fontWeight=600
    )
    return [rule.encode(y=y), text.encode(y=y, x=alt.value(alt.expr("width / 2")), text="text:N")]
