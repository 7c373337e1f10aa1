"""Taxonomy: every event, what it means, who owns it, whether it can be trusted. Reads numbers only through `ask`.

`?event=<name>[&since=<day, month or release>]` shows one event; `?view=glossary` and `?view=blast` the other two views;
`?text=`, `area=`, `owner=`, `status=`, `verdict=` and `new=1` narrow the list.
"""

import streamlit as st

from dashboards.answer import UsageError
from dashboards.widgets import (
    blast_view,
    event_list,
    event_page,
    event_words,
    health,
    html,
    session,
    states,
)
from dashboards.widgets.session import Ask

VIEWS = {"events": "Events", "glossary": "Glossary", "blast": "What breaks"}


def page() -> None:
    """The list, one event, the glossary or the blast radius."""
    view, name = st.query_params.get("view", "events"), _name()
    if name is not None and view != "blast":
        with states.guarded():
            if _event(name):
                health.strip()
                return
    html.show(
        html.title(
            "Taxonomy",
            "Every event that is planned or was seen: meaning, owner, volume, rules broken",
        )
    )
    _views(view if view in VIEWS else "events")
    with states.guarded():
        if view == "glossary":
            event_list.glossary()
        elif view == "blast":
            blast_view.view(name)
        else:
            event_list.events()
    health.strip()


def _event(name: str) -> bool:
    """The page of one event; false, after a word about the address, where there is none of that name."""
    if len(name) > event_words.LONGEST_ASKED:
        found = (row for row in session.answer(Ask("event_trust")).rows if row["event"] == name)
        if row := next(found, None):
            event_page.page_of_long_name(row)
            return True
    try:
        event_page.page(name, st.query_params.get("since"))
    except UsageError as fault:
        states.wrong_address(f"{fault.message[:200]}. All events are shown.")
        return False
    return True


def _name() -> str | None:
    """The event of the address; a name that is too long for one is given by its fingerprint."""
    if name := st.query_params.get("event"):
        return name
    wanted = st.query_params.get("id")
    if not wanted:
        return None
    rows = session.answer(Ask("event_trust")).rows
    found = (row["event"] for row in rows if event_words.fingerprint(row["event"]) == wanted)
    return next(found, wanted)


def _views(current: str) -> None:
    st.segmented_control(
        "View",
        list(VIEWS),
        default=current,
        key=f"view-{current}",
        format_func=VIEWS.__getitem__,
        label_visibility="collapsed",
        on_change=lambda: _go(st.session_state[f"view-{current}"]),
    )


def _go(view: str | None) -> None:
    st.query_params.clear()
    if view and view != "events":
        st.query_params["view"] = view


with states.guarded():
    page()
