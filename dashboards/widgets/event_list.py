"""The list of all events: health of each area, filters that stand in the address, the glossary.

Knows the questions `event_trust` and `glossary`. Must not compute a number; every one comes from an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.widgets import event_words, html, provenance, session, states, terms
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

LIMIT = 200
ANY = "any"
FILTERS = ("area", "owner", "status", "verdict")


def events() -> None:
    """Health of each area, then the events that the filters leave."""
    ask = Ask("event_trust")
    answer = session.answer(ask)
    _areas(answer)
    rows = _filtered(answer)
    if not rows:
        states.empty("no event is left", [name for name in (*FILTERS, "text", "new") if st.query_params.get(name)])  # fmt: skip
        return
    lines = [
        (
            event_words.link(row["event"]),
            event_words.verdict(row),
            event_words.STATUS.get(str(row["status"]), (str(row["status"]), ""))[0],
            Mark('<span class="po-nowrap">{}</span>').format(row["owner"] or formats.NONE),
            Mark('<div class="po-wide" title="{}">{}</div>').format(
                row["why"], formats.short(row["description"] or "No meaning written yet", 110)
            ),
            formats.day(row["last_seen"]) if row["last_seen"] else formats.NONE,
            formats.count(row["events"]),
            _broken(row),
        )
        for row in rows[:LIMIT]
    ]
    heads = ("Event", "Trust", "Status", "Owner", "Meaning", "Last seen", "Events", "Break a rule")
    html.show(html.wrap(html.table(heads, lines, frozenset({6, 7}), caption=f"{len(rows)} events")))
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = min(len(rows), LIMIT)
        html.show(
            html.note(
                f"{formats.count(shown)} of {formats.count(len(answer.rows))} events"
                + ("; narrow the list to see the others" if len(rows) > LIMIT else "")
            ),
            is_inline=True,
        )
        if st.button("Source", key="from-events", type="tertiary"):
            provenance.drawer(ask, "Events and their trust")
        st.download_button(
            "Export CSV",
            data=answer.to_csv,
            file_name=f"events-{answer.data_version}.csv",
            mime="text/csv",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )


def glossary() -> None:
    """Features and properties, searchable."""
    text = _search("A feature, a property or words of its meaning", "glossary-text")
    kind = st.query_params.get("kind")
    ask = Ask.of(
        "glossary",
        ({"text": text} if text else {})
        | ({"kind": kind} if kind in ("feature", "property") else {}),
    )
    session.log_view(ask, "asked")
    answer = session.answer(ask)
    session.log_view(ask, "answered", complete=bool(answer.rows))
    if not answer.rows:
        states.empty("no feature or property has these words", ["text"] if text else [])
        return
    for heading, what in (("Features", "feature"), ("Properties", "property")):
        rows = [row for row in answer.rows if row["kind"] == what]
        if rows:
            html.show(html.section(heading, _said(rows)))
            html.show(html.wrap(terms.table(rows[:LIMIT])))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Source", key="from-glossary", type="tertiary"):
            provenance.drawer(ask, "Glossary")
        st.download_button(
            "Export CSV",
            data=answer.to_csv,
            file_name=f"glossary-{answer.data_version}.csv",
            mime="text/csv",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )


def _said(rows: list[dict[str, Any]]) -> str:
    without = sum(not row["meaning"] for row in rows)
    named = f"{formats.count(len(rows))} of them"
    return f"{named}, {formats.count(without)} without a meaning" if without else named


def _areas(answer: Answer) -> None:
    """Health of each area; a name leads to its events."""
    areas = answer.summary.get("areas") or []
    if not areas:
        return
    lines = [
        (
            Mark('<a href="taxonomy?{}" target="_self">{}</a>').format(
                urlencode({"area": item["area"] or "none"}), _area(item["area"])
            ),
            _needs(item),
            formats.share(item["valid_share"]) if item["valid_share"] is not None else formats.NONE,
            f"{formats.count(item['owned'])} of {formats.count(item['event_names'])}",
            formats.count(item["events"]),
        )
        for item in areas
    ]
    heads = ("Area", "Needs someone", "Planned and valid", "With owner", "Events")
    html.show(
        html.section(
            "Health by area", "Share of events that are on the plan and break none of its rules"
        )
    )
    html.show(html.wrap(html.table(heads, lines, frozenset({2, 3, 4}), caption="Health by area")))


def _needs(item: dict[str, Any]) -> object:
    """What somebody has to look at in an area."""
    found = [
        html.badge(f"{formats.count(item[name])} {words}", state)
        for name, words, state in (
            ("not_trusted", "not to be trusted", "bad"),
            ("new_violations", "newly broken", "warn"),
            ("ended_but_seen", "ended, still sent", "warn"),
        )
        if item[name]
    ]
    return html.row(found) if found else formats.NONE


def _area(name: str | None) -> str:
    return str(name).replace("_", " ").capitalize() if name else "Not on the plan"


def _filtered(answer: Answer) -> list[dict[str, Any]]:
    """The rows that the filters leave; each filter stands in the address."""
    html.show(html.section("Events"))
    text = _search("A name, an owner or words of the meaning", "event-text")
    rows = [row for row in answer.rows if all(word in _haystack(row) for word in text.lower().split())]  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips"):
        for name in FILTERS:
            rows = _narrowed(name, rows, answer.rows)
        is_new = st.query_params.get("new") == "1"
        count = sum(1 for row in rows if row["new_violations"])
        place = f"event-new-{is_new}"
        if st.toggle(
            f"Newly broken ({count})",
            value=is_new,
            key=place,
            on_change=lambda: _set("new", ANY if is_new else "1"),
        ):
            rows = [row for row in rows if row["new_violations"]]
    return rows


def _narrowed(
    name: str, rows: list[dict[str, Any]], all_rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """One filter as a chip with the values that occur."""
    chosen = st.query_params.get(name, ANY)
    known = sorted({str(row[name] or "none") for row in all_rows})
    with st.popover(f"{name} **{html.label(_worded(name, formats.short(chosen, 40)))}**"):
        st.radio(
            name.capitalize(),
            [ANY, *known[:60]],
            index=known.index(chosen) + 1 if chosen in known[:60] else 0,
            key=f"filter-{name}-{chosen}",
            format_func=lambda value: _worded(name, value),
            label_visibility="collapsed",
            on_change=lambda: _set(name, st.session_state[f"filter-{name}-{chosen}"]),
        )
    return rows if chosen == ANY else [r for r in rows if str(r[name] or "none") == chosen]


def _worded(name: str, value: str) -> str:
    if name == "verdict":
        return event_words.VERDICT.get(value, (value, ""))[0]
    return value.replace("_", " ") if name in ("area", "status") else value


def _set(name: str, value: str) -> None:
    if value == ANY:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def _search(placeholder: str, key: str) -> str:
    given = st.query_params.get("text", "")[:120]
    # Another address is another widget, so that taking the filters off empties it.
    place = f"{key}-{given}"
    text: str = st.text_input(
        "Search",
        value=given,
        key=place,
        on_change=lambda: _set("text", st.session_state[place].strip() or ANY),
        type="search",
        icon=":material/search:",
        placeholder=placeholder,
        label_visibility="collapsed",
        max_chars=120,
    )
    return text.strip()


def _broken(row: dict[str, Any]) -> Mark:
    share = formats.share(row["violation_share"]) if row["violations"] else formats.count(0)
    return Mark("{}{}").format(
        share, Mark(" {}").format(html.badge("New", "warn")) if row["new_violations"] else Mark("")
    )


def _haystack(row: dict[str, Any]) -> str:
    return " ".join(_words(row)).lower()


def _words(row: dict[str, Any]) -> Iterable[str]:
    for key in ("event", "owner", "description", "status", "area", "feature", "question", "why"):
        yield str(row.get(key) or "")
