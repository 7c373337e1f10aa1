"""This week: what changed, for all KPIs, without a click. Reads numbers only through `ask`."""

from typing import Any

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer, UsageError
from dashboards.freshness import is_late
from dashboards.snapshots import sentences
from dashboards.snapshots.headlines import Headline, headlines
from dashboards.widgets import ask_box, health, html, marks, provenance, session, states
from dashboards.widgets.html import Mark
from dashboards.widgets.marks import Tile
from dashboards.widgets.session import Ask


def page() -> None:
    """Question box, health, tiles, what changed, who is needed."""
    published = session.published()
    found = headlines(published, _ask_for)
    zone = published.settings["timezone"]
    week = next((h.period_text for h in found if h.id == "wau" and h.period_text), "")
    html.show(
        html.title(
            "This week at a glance",
            f"Complete week {week} against the week before · reporting zone {zone}"
            if week
            else f"Reporting zone {zone}",
        )
    )
    ask_box.box("home")
    health.strip()
    _tiles(found)
    left, right = st.columns([1.6, 1], gap="medium")
    with left:
        html.show(html.section("What changed, and why"))
        with st.container(border=True, key="changes"):
            html.show(_changes(sentences.changed(found)))
    with right:
        html.show(html.section("Needs someone"))
        with st.container(border=True, key="needs"):
            html.show(_needs(found))


def _ask_for(question: str, params: dict[str, Any]) -> Answer:
    """One number that fails takes its own tile with it, not the page."""
    try:
        return session.answer(Ask.of(question, params))
    except UsageError:
        raise
    except Exception as fault:
        raise UsageError(f"Could not be computed, error id {states.record(fault)}") from fault


def _tiles(found: list[Headline]) -> None:
    wall = st.grid(4, min_column_width=230, border=True, gap=12)
    for headline in found:
        with wall.cell(), st.container(key=f"tile-{headline.id}"):
            html.show(
                marks.tile(
                    Tile(
                        label=headline.label,
                        value=headline.text,
                        change=headline.change_text,
                        compared_with=headline.compared_with,
                        note=headline.note,
                        status=headline.status,
                        state=headline.state,
                        trend=headline.trend,
                        target=headline.target,
                        is_withheld=headline.is_withheld,
                        restated=headline.restated,
                    )
                )
            )
            with st.container(key=f"source-{headline.id}"):
                if st.button(
                    "Source",
                    key=f"open-{headline.id}",
                    type="tertiary",
                    help=f"Where {headline.label} comes from",
                ):
                    provenance.drawer(Ask.of(headline.question, headline.params), headline.label)


def _changes(found: list[sentences.Sentence]) -> Mark:
    lines = Mark("")
    for sentence in found:
        link = Mark("")
        if sentence.headline is not None:
            ask = Ask.of(sentence.headline.question, sentence.headline.params)
            from urllib.parse import urlencode

            link = Mark(' <a href="answers?{}" target="_self">Numbers</a>').format(
                urlencode([("q", ask.question), *ask.params])
            )
        tone = {"good": "var(--po-good)", "warn": "var(--po-warn)", "bad": "var(--po-bad)"}.get(
            sentence.state, "var(--po-muted)"
        )
        lines += Mark(
            '<li><span style="color:{}">{}</span><span>{}{}<br><span class="po-small">{}</span></span></li>'
        ).format(Mark(tone), sentence.size, sentence.text, link, sentence.evidence)
    return html.wrap(Mark('<ul class="po-changes">{}</ul>').format(lines))


def _needs(found: list[Headline]) -> Mark:
    published = session.published()
    items: list[tuple[str, str, str]] = []
    held = health.held_reason(published)
    if held:
        items.append(("pause", "The newest build is held", held))
    for row in session.answer(Ask("data_health")).rows:
        if is_late(row, published):
            last = formats.instant(row["last_event_at"], str(published.settings["timezone"]))
            items.append(("clock", f"{row['source']} is late", f"Its numbers stop at {last}"))
        if (row.get("quarantined") or 0) > 0.001 * (row.get("records_seen") or 0):
            items.append(
                (
                    "alert",
                    f"{row['source']}: {formats.count(row['quarantined'])} records in quarantine",
                    f"Of {formats.count(row['records_seen'])} seen; see Data health",
                )
            )
    for headline in found:
        if headline.status in ("Under target", "Near target"):
            items.append(
                (
                    "alert",
                    f"{headline.label} is {headline.status.lower()}",
                    f"{headline.text}, target {headline.target_text} · {headline.period_text}",
                )
            )
    if not items:
        items.append(
            (
                "check",
                "Nothing waits",
                "No gate holds, no source is behind, no number is under its target",
            )
        )
    body = Mark("").join(
        Mark(
            '<li>{}<span><strong>{}</strong><br><span class="po-note">{}</span></span></li>'
        ).format(html.icon(icon), *words)
        for icon, *words in items[:6]
    )
    return html.wrap(Mark('<ul class="po-needs">{}</ul>').format(body))


with states.guarded():
    page()
