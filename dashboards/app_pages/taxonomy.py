"""Taxonomy: every event, what it means, who owns it, whether it can be trusted. Reads numbers only through `ask`.

`?event=<name>` shows one event, `?text=<words>` narrows the list.
"""

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.widgets import health, html, marks, provenance, session, states
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

LIMIT = 300
STATUS = {
    "live": ("Live", "good"),
    "planned": ("Planned", "info"),
    "deprecated": ("Deprecated", "warn"),
    "removed": ("Removed", "bad"),
    "unplanned": ("Unplanned", "held"),
    "system": ("System", "quiet"),
}


def page() -> None:
    """The list, or one event."""
    answer = session.answer(Ask("event_trust"))
    given = st.query_params.get("event")
    found = next((row for row in answer.rows if row["event"] == given), None) if given else None
    if found is not None:
        _event(found)
    else:
        html.show(
            html.title(
                "Taxonomy",
                "Every event that is planned or was seen: meaning, owner, volume, rules broken",
            )
        )
        if given:
            states.wrong_address(
                f"There is no event “{given[:60]}” in this version; all events are shown."
            )
        _list(answer)
    health.strip()


def _list(answer: Answer) -> None:
    text = st.text_input(
        "Search events",
        value=st.query_params.get("text", ""),
        key="event-text",
        type="search",
        icon=":material/search:",
        placeholder="A name, an owner or words of the meaning",
        label_visibility="collapsed",
        max_chars=120,
    ).strip()
    words = text.lower().split()
    rows = [row for row in answer.rows if all(word in _haystack(row) for word in words)]
    planned = sum(1 for r in answer.rows if r["status"] in ("live", "planned"))
    owned = sum(1 for r in answer.rows if r["owner"])
    broken = sum(int(r["violations"] or 0) for r in answer.rows)
    seen = sum(int(r["events"] or 0) for r in answer.rows)
    total = len(answer.rows) or 1
    html.show(
        marks.cards(
            [
                (
                    "Events known",
                    formats.count(len(answer.rows)),
                    f"{formats.count(planned)} on the plan",
                ),
                (
                    "With an owner",
                    formats.share(owned / total, 0),
                    f"{formats.count(owned)} of {formats.count(len(answer.rows))}",
                ),
                (
                    "Break a rule",
                    formats.share(broken / seen) if seen else formats.NONE,
                    f"{formats.count(broken)} of {formats.count(seen)} events",
                ),
            ]
        )
    )
    if not rows:
        states.empty("no event fits these words", [f"the words “{text}”"])
        return
    lines = [
        (
            Mark('<a href="taxonomy?{}" target="_self">{}</a>').format(
                urlencode({"event": row["event"]}), html.code(row["event"])
            ),
            _badge(row),
            str(row["owner"] or formats.NONE),
            str(row["description"] or "No meaning written yet"),
            formats.count(row["events"]),
            formats.count(row["violations"]),
            formats.day(row["last_seen"]) if row["last_seen"] else formats.NONE,
        )
        for row in rows[:LIMIT]
    ]
    heads = ("Event", "Status", "Owner", "Meaning", "Events", "Break a rule", "Last seen")
    html.show(html.wrap(html.table(heads, lines, frozenset({4, 5}), caption=f"{len(rows)} events")))
    with st.container(horizontal=True, vertical_alignment="center"):
        html.show(
            html.note(
                f"{formats.count(min(len(rows), LIMIT))} of {formats.count(len(answer.rows))} events"
            ),
            is_inline=True,
        )
        if st.button("Source", key="from-events", type="tertiary"):
            provenance.drawer(Ask("event_trust"), "Events and their trust")
        st.download_button(
            "Export CSV",
            data=answer.to_csv,
            file_name=f"events-{answer.data_version}.csv",
            mime="text/csv",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )


def _event(row: dict[str, Any]) -> None:
    name = str(row["event"])
    html.show(html.title(name, str(row["description"] or "No meaning written yet")))
    ask = Ask.of("event_trust", {"event": name})
    with states.guarded():
        session.log_view(ask, "asked")
        answer = session.answer(ask)
        session.log_view(ask, "answered", complete=bool(answer.rows))
        left, right = st.columns([2.35, 1], gap="medium")
        with left, st.container(gap="medium"):
            events, broken = int(row["events"] or 0), int(row["violations"] or 0)
            trust = (
                html.badge("No rule broken", "good")
                if events and not broken
                else html.badge("Never seen", "quiet")
                if not events
                else html.badge(f"{formats.share(broken / events)} break a rule", "warn")
            )
            html.show(
                marks.headline(
                    "Events accepted",
                    formats.count(events),
                    html.Mark("{} of them break at least one rule of the tracking plan.").format(
                        html.strong(formats.count(broken))
                    ),
                    f"first seen {formats.day(row['first_seen']) if row['first_seen'] else '–'} · last seen {formats.day(row['last_seen']) if row['last_seen'] else '–'}",
                    [_badge(row), trust],
                )
            )
            _plan(name, row)
            with st.container(horizontal=True):
                st.page_link(
                    "app_pages/answers.py",
                    label="How many people did it?",
                    icon=":material/arrow_forward:",
                    query_params={"q": "feature_usage", "event": name},
                )
                st.page_link(
                    "app_pages/taxonomy.py",
                    label="All events",
                    icon=":material/arrow_back:",
                    query_params={},
                )
        with right:
            provenance.rail(ask, answer, "Is it tracked, what does it mean, can I trust it?")


def _plan(name: str, row: dict[str, Any]) -> None:
    html.show(html.section("In the tracking plan"))
    owner = row["owner"] or "nobody: an event without an owner has nobody to fix it"
    items: list[tuple[str, object]] = [
        ("Name", html.code(name)),
        ("Owner", owner),
        ("Meaning", row["description"] or "not written yet"),
        ("Status", row["status"] or "unplanned"),
    ]
    html.show(html.wrap(html.pairs(items)))


def _badge(row: dict[str, Any]) -> Mark:
    words, state = STATUS.get(str(row["status"]), (str(row["status"] or "Unplanned"), "quiet"))
    return html.badge(words, state)


def _haystack(row: dict[str, Any]) -> str:
    return " ".join(
        str(row.get(k) or "") for k in ("event", "owner", "description", "status")
    ).lower()


with states.guarded():
    page()
