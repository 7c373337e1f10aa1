"""What breaks: choose an event and a change of the plan, or what is broken now, and see all that it touches.

Knows the question `blast_radius`. Must not compute a number; every one comes from an answer.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.widgets import chips, event_words, html, marks, provenance, session, states
from dashboards.widgets.html import Mark
from dashboards.widgets.marks import Bar
from dashboards.widgets.session import Ask

NOW = "broken now"
CHANGES = {
    NOW: "what is broken now",
    "removed": "it is removed",
    "renamed": "it is renamed without its old name",
    "not_active": "it no longer counts as active",
    "made_active": "it begins to count as active",
    "not_value": "it is no longer a value event",
    "made_value": "it becomes a value event",
    "property_changed": "one of its properties changes",
}
KINDS = {
    "kpi": "KPIs",
    "question": "Questions",
    "page": "Pages",
    "snapshot": "Snapshots",
    "experiment": "Experiments",
    "model": "Models",
}


def view(name: str | None) -> None:
    """The choice, then what is touched."""
    change = st.query_params.get("change", NOW)
    change = change if change in CHANGES else NOW
    name = _choice(name, change)
    if name is None:
        html.show(html.note("Choose an event to see what it reaches."))
        return
    params: dict[str, Any] = {"event": {"event": name}}
    ask = Ask.of("blast_radius", params if change == NOW else {**params, "change": change})
    session.log_view(ask, "asked")
    answer = session.answer(ask)
    session.log_view(ask, "answered", complete=bool(answer.rows))
    _said(name, change, answer)
    if not answer.rows:
        states.empty("nothing takes this event", [])
        return
    for kind, heading in KINDS.items():
        rows = [row for row in answer.rows if row["kind"] == kind]
        if rows:
            html.show(html.section(heading, level=3))
            html.show(
                marks.bars(
                    [
                        Bar(
                            _label(row),
                            formats.share(row["possible_error"]),
                            row["possible_error"] or 0.0,
                            f"of {formats.count(row['input_events'])}",
                        )
                        for row in rows
                    ],
                    f"{heading} with the share of their events that is affected",
                )
            )
    for caveat in answer.caveats:
        html.show(html.note(caveat))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Source", key="from-blast", type="tertiary"):
            provenance.drawer(ask, "What breaks if this event changes?")
        st.download_button(
            "Export CSV",
            data=answer.to_csv,
            file_name=f"blast-radius-{answer.data_version}.csv",
            mime="text/csv",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )


def _choice(name: str | None, change: str) -> str | None:
    known = chips.known("event")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen: str | None = st.selectbox(
            "Event",
            known,
            index=known.index(name) if name in known else None,
            key=f"blast-event-{event_words.fingerprint(name or '')}",
            format_func=lambda value: formats.short(value, 80),
            placeholder="Choose an event",
        )
        picked = st.selectbox(
            "What if",
            list(CHANGES),
            index=list(CHANGES).index(change),
            key=f"blast-change-{change}",
            format_func=CHANGES.__getitem__,
        )
    if chosen and chosen != name:
        st.query_params.pop("event", None)
        st.query_params.pop("id", None)
        st.query_params.update(event_words.address(chosen))
        st.rerun()
    if picked != change:
        st.query_params["change"] = picked
        st.rerun()
    return chosen


def _said(name: str, change: str, answer: Answer) -> None:
    found = answer.summary
    touched = ", ".join(
        f"{formats.count(count)} {_kind(kind, count)}" for kind, count in found["touched"].items()
    )
    what = (
        f"{formats.count(found['affected_events'])} of its {formats.count(found['events'])} events break a rule"
        if change == NOW
        else f"if {CHANGES[change]}, all {formats.count(found['affected_events'])} of its events are affected"
    )
    html.show(
        html.wrap(
            Mark("<p>{}: {}. It reaches {}; at most {} of what one of them counts is affected.</p>").format(
                event_words.link(name),
                what,
                html.strong(touched or "nothing"),
                html.strong(formats.share(found["largest_possible_error"])),
            )
        )
    )  # fmt: skip


def _kind(kind: str, count: int) -> str:
    words = KINDS[kind] if kind == "kpi" else KINDS[kind].lower()
    return words.removesuffix("s") if count == 1 else words


def _label(row: dict[str, Any]) -> str:
    label = formats.short(row["label"], 70)
    how = Mark('<div class="po-small">{}</div>').format(
        row["how"] + (f" · owner {row['owner']}" if row["owner"] else "")
    )
    if row["kind"] == "question":
        label = Mark('<a href="answers?{}" target="_self">{}</a>').format(
            urlencode({"q": row["name"]}), label
        )
    return Mark("{}{}").format(label, how)
