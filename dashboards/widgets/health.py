"""The data health strip: one line on every page with numbers.

Knows the question `data_health` and the definitions of the version. Must not judge a single number.
"""

from datetime import UTC, datetime

import streamlit as st

from dashboards import wording as formats
from dashboards.freshness import is_late
from dashboards.published import Published
from dashboards.widgets import html, session
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

STALE_AFTER_DAYS = 2.0


def strip() -> None:
    """State, data through, sources, tests, held numbers, and the way to the page behind them."""
    published = session.published()
    with st.container(
        border=True, key="health", horizontal=True, vertical_alignment="center", gap="small"
    ):
        html.show(html.wrap(html.row(parts(published))), is_inline=True)
        st.page_link(
            "app_pages/data_health.py",
            label="Data health",
            icon=":material/arrow_forward:",
            icon_position="right",
        )
    held_notice(published)
    _newer()


def parts(published: Published) -> list[Mark]:
    """The words of the strip."""
    zone = str(published.settings["timezone"])
    rows = session.answer(Ask("data_health")).rows
    late = [row for row in rows if is_late(row, published)]
    found = [_state(published, bool(late))]
    if published.data_through is not None:
        found.append(
            Mark("<span>Data through <strong>{}</strong></span>").format(
                formats.instant(published.data_through, zone)
            )
        )
    if rows:
        found.append(
            html.badge(f"{len(rows) - len(late)} of {len(rows)} sources fresh", "quiet", "stack")
        )
    for row in late[:2]:
        found.append(html.badge(f"{row['source']} is late", "warn", "clock"))
    tests = published.definitions.get("tests") or {}
    passed, failed = tests.get("passed") or 0, tests.get("failed") or 0
    if passed or failed:
        found.append(
            html.badge(
                f"{formats.count(passed)} of {formats.count(passed + failed)} tests passed",
                "bad" if failed else "quiet",
                "list",
            )
        )
    if "v" in st.query_params:
        found.append(html.badge(f"Pinned to {published.version}", "info", "seal"))
    return found


def age_days(published: Published) -> float | None:
    """How old the newest record is by the clock: the one place of a page that asks what time it is."""
    if published.data_through is None:
        return None
    age = (datetime.now(UTC).replace(tzinfo=None) - published.data_through).total_seconds() / 86400
    return max(age, 0.0)  # a clock that was set back makes no data of tomorrow


def held_notice(published: Published) -> None:
    """What a gate holds back: the reason, what it means, and whom to ask."""
    held = held_reason(published)
    if held is None:
        return
    body = Mark(
        '<div class="po-card" role="status"><div class="po-row">{}<strong>{}</strong></div><p class="po-note">{}</p></div>'
    )
    html.show(
        html.wrap(
            body.format(
                html.badge("Held by a gate", "held"),
                "A newer build is held; you see the last good version",
                f"{held} The numbers below are right for their date, not for today.",
            )
        ),
        key="held",
    )


def held_reason(published: Published) -> str | None:
    """The sentence of the gate that holds the newest build, from the version or from `held.json` in the data folder."""
    import json

    held = published.definitions.get("held")
    marker = published.folder.parent.parent / "held.json"
    if held is None and marker.is_file():
        try:
            held = json.loads(marker.read_text(encoding="utf-8"))
        except ValueError:
            return "A gate stopped the newest build; its reason could not be read."
    if not held:
        return None
    if isinstance(held, dict):
        name, message = (
            held.get("gate") or held.get("name"),
            held.get("message") or held.get("reason"),
        )
        return f"Gate “{name}”: {message}." if name else f"{message or 'A gate did not pass'}."
    return f"{held}."


def _state(published: Published, is_any_late: bool) -> Mark:
    age = age_days(published)
    if age is not None and age > STALE_AFTER_DAYS:
        return html.badge(f"Data is {formats.count(int(age))} days old", "warn", "clock")
    if is_any_late:
        return html.badge("Partly late", "warn", "clock")
    return html.badge("Current", "good")


@st.fragment(run_every="60s")
def _newer() -> None:
    """A page that stays open says when there is newer data; it never mixes versions."""
    if session.newer_version():
        with st.container(border=True, key="newer", horizontal=True, vertical_alignment="center"):
            html.show(html.wrap(html.row([html.badge("New data available", "info", "clock")])))
            if st.button("Show it", type="primary"):
                st.rerun()
