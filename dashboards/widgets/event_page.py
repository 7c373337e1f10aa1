"""The page of one event: the verdict, its days, what is broken, who uses it, where it comes from, what it carries.

Knows the questions about events. Must not compute a number; every one comes from an answer. The first screen answers
"can I trust it since that day?"; the rest is below.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer, UsageError
from dashboards.widgets import (
    day_chart,
    event_card,
    event_origin,
    event_words,
    html,
    provenance,
    session,
    states,
    terms,
)
from dashboards.widgets.day_chart import Around, DayBar
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

DAYS_SHOWN = 120  # more are drawn as weeks
BEFORE = 28  # days shown before the asked one, to compare with
SHOWN_RULES = 6
ICONS = {"yes": "check", "with_care": "alert", "no": "cross", "not_planned": "pause"}


def page(name: str, since: str | None) -> None:
    """Draw the page; an unknown event raises what `ask` raises."""
    ask = _ask("event_trust", name, since)
    session.log_view(ask, "asked")
    try:
        answer = session.answer(ask)
    except UsageError as fault:
        if since is None:
            raise
        states.wrong_address(f"{fault.message}. The view below shows all days.")
        since, ask = None, _ask("event_trust", name, None)
        answer = session.answer(ask)
    session.log_view(ask, "answered", complete=bool(answer.rows))
    row = answer.rows[0]
    with st.container(gap="small"):
        _head(row, answer, since)
        volume = session.answer(_volume_ask(name, row, answer))
        broken = session.answer(_ask("event_violations", name, since, detail="rule"))
        uses = session.answer(_ask("event_uses", name, None))
        left, right = st.columns([2.35, 1], gap="medium")
        with left, st.container(gap="small"):
            _days(row, volume, answer)
            _violations(broken, since, bool(row["events"]))
        with right, st.container(gap="small", key="event-facts", border=True):
            event_card.facts(row)
            event_card.users(uses)
    _actions(ask, broken, name, since)
    event_origin.lineage(row, uses)
    event_origin.arrival(row)
    _properties(name)


def page_of_long_name(row: dict[str, Any]) -> None:
    """What the list knows of an event whose name is too long to ask about."""
    _title(row)
    html.show(html.wrap(Mark('<p class="po-note">{}</p>').format(" · ".join(_counts(row)))))
    html.show(
        html.note(
            f"The name is {formats.count(len(row['event']))} characters long, so its days cannot be asked for. "
            "A name says what happened; the rest belongs into properties."
        )
    )
    st.page_link("app_pages/taxonomy.py", label="All events", query_params={})


def _ask(question: str, name: str, since: str | None, **more: str) -> Ask:
    # As an object: a name that looks like JSON stays a name.
    params: dict[str, Any] = {"event": {"event": name}, **more}
    return Ask.of(question, {**params, "since": since} if since else params)


def _title(row: dict[str, Any]) -> None:
    """The name and the verdict."""
    meaning = formats.short(row["description"] or "No meaning written yet", 240)
    html.show(html.title(formats.short(row["event"], 120), meaning))
    word = str(row["verdict"])
    text, state = event_words.VERDICT.get(word, (word, "quiet"))
    html.show(
        html.wrap(
            Mark('<div class="po-verdict po-{}" role="status"><strong>{}{}</strong><span>{}</span></div>').format(
                state, html.icon(ICONS.get(word, "minus")), text, row["why"]
            )
        )
    )  # fmt: skip


def _head(row: dict[str, Any], answer: Answer, since: str | None) -> None:
    _title(row)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips"):
        html.show(html.note("Asked"), is_inline=True)
        with st.popover(_since_label(since, answer), icon=":material/event:"):
            _since(answer)
        for part in _counts(row):
            html.show(html.note(part), is_inline=True)


def _since_label(since: str | None, answer: Answer) -> str:
    if not since:
        return "since **the first event**"
    day = answer.summary.get("since")
    named = formats.day(day)
    return f"since **{html.label(named)}**" + (
        "" if str(day) == since else f" ({html.label(formats.short(since, 30))})"
    )


def _counts(row: dict[str, Any]) -> list[str]:
    found = [f"{formats.count(row['events'])} events"]
    if row["events"]:
        found.append(
            f"{formats.count(row['violations'])} break a rule ({formats.share(row['violation_share'])})"
        )
        found.append(f"last seen {formats.day(row['last_seen'])}")
    return found


def _since(answer: Answer) -> None:
    """Choose the day from which the question is asked."""
    st.date_input(
        "From this day on",
        value=answer.summary.get("since"),
        key="since-day",
        on_change=lambda: _set_since(st.session_state["since-day"]),
    )
    releases = answer.summary.get("releases") or []
    if releases:
        html.show(html.note("Or since a release"))
    for release in releases[:6]:
        st.button(
            f"{html.label(formats.short(release['release'], 40))} · {formats.day(release['released_on'])}",
            key=f"since-{release['release']}",
            type="tertiary",
            on_click=_set_since,
            args=(release["release"],),
        )
    st.button("All days", key="since-none", type="tertiary", on_click=_set_since, args=(None,))


def _set_since(value: Any) -> None:
    if value:
        st.query_params["since"] = str(value)
    elif "since" in st.query_params:
        del st.query_params["since"]


def _volume_ask(name: str, row: dict[str, Any], answer: Answer) -> Ask:
    """The days of the picture: with some before the asked one, in weeks where there are many."""
    since, first = answer.summary.get("since"), answer.summary.get("first_on")
    through = answer.summary.get("through")
    start = since - timedelta(days=BEFORE) if since else first
    length = (through - start).days if start and through else 0
    params: dict[str, Any] = {
        "event": {"event": name},
        "period": "week" if length > DAYS_SHOWN else "day",
    }
    if since and start:
        params["from"] = start.isoformat()
    return Ask.of("event_volume", params)


def _days(row: dict[str, Any], volume: Answer, answer: Answer) -> None:
    period = str(volume.params.get("period") or "day")
    html.show(
        html.section(
            f"Events a {period}",
            "Amber: break a rule of the plan. Pale: the "
            f"{period} is not over. Grey band: 3 days or more without any",
        )
    )
    if not volume.rows:
        html.show(html.note("No event of this name has arrived, so there is no day to show."))
        return
    bars = [
        DayBar(
            date.fromisoformat(part["period_start"]),
            7 if period == "week" else 1,
            part["events"],
            part["violations"],
            f"{formats.count(part['events'])}, {formats.count(part['violations'])} break a rule",
            bool(part["complete"]),
        )
        for part in volume.rows
    ]
    gaps = [(gap["from"], gap["to"]) for gap in answer.summary.get("gaps") or []]
    marks = [
        (item["released_on"], formats.short(item["release"], 18))
        for item in (answer.summary.get("releases") or [])[:6]
    ] + [(item["on"], f"now {formats.short(item['name'], 24)}") for item in _renames(row)]
    day_chart.draw(
        bars,
        Around(
            alt=f"{row['why']} {formats.count(volume.summary['events'])} events on "
            f"{formats.count(volume.summary['days_with_events'])} days, {formats.count(volume.summary['violations'])} break a rule.",
            gaps=gaps if period == "day" else [],
            marks=marks,
            asked_from=answer.summary.get("since"),
        ),
    )


def _renames(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Spellings that began when another of the same source ended."""
    found = []
    for new in row["spellings"] or []:
        for old in row["spellings"] or []:
            gap = (new["first_on"] - old["last_on"]).days
            if old["source"] == new["source"] and old is not new and -3 <= gap <= 14:
                found.append({"on": new["first_on"], "name": new["name"].split(": ", 1)[-1]})
    return found


def _violations(broken: Answer, since: str | None, has_events: bool) -> None:
    new = broken.summary["new"]
    html.show(
        html.section(
            "What is broken" + (f", {formats.count(new)} new" if new else ""),
            "Share of the events since the rule was first broken; first and last seen over all days",
        )
    )
    if not broken.rows and not has_events:
        html.show(html.note("Nothing has arrived in the asked days, so nothing can be broken."))
        return
    if not broken.rows:
        said = "no event of the asked days breaks a rule" if since else "no event breaks a rule"
        html.show(html.wrap(html.row([html.badge(said.capitalize(), "good")])))
        return
    lines = [
        (
            _broken(row),
            _where(row),
            formats.count(row["events"]),
            formats.share(row["share"]) if row["share"] is not None else formats.NONE,
            f"{_short_day(row['first_seen'])} {formats.DASH} {_short_day(row['last_seen'])}",
            Mark('<div class="po-wide po-small">{}</div>').format(row["what_to_do"]),
        )
        for row in broken.rows[:SHOWN_RULES]
    ]
    heads = ("Events that …", "Where", "Events", "Share", "First – last seen", "What to do")
    html.show(
        html.wrap(html.table(heads, lines, frozenset({2, 3}), caption="Rules that are broken"))
    )
    if len(broken.rows) > SHOWN_RULES:
        html.show(
            html.note(
                f"{formats.count(SHOWN_RULES)} of {formats.count(len(broken.rows))} rules; the export holds all."
            )
        )


def _broken(row: dict[str, Any]) -> Mark:
    extra = []
    if row["is_new"]:
        extra.append(html.badge("New", "warn"))
    if row["mode"] != "warn":
        extra.append(html.badge(str(row["mode"]).capitalize(), "quiet"))
    elif row["property"] and not row["is_spoiling"]:
        extra.append(html.badge("Count stays right", "quiet"))
    detail = Mark('<div class="po-small">{}</div>').format(formats.short(row["detail"], 80)) if row["detail"] else Mark("")  # fmt: skip
    return Mark('<div class="po-wide">{}{}{}</div>').format(
        row["what"], detail, html.row(extra) if extra else Mark("")
    )


def _where(row: dict[str, Any]) -> str:
    places = row["places"] or []
    return ", ".join(
        f"{formats.short(part['name'], 30)} {formats.share(part['share'])}" for part in places[:3]
    )


def _short_day(value: Any) -> str:
    return formats.day(value).rsplit(" ", 1)[0] if value else formats.NONE


def _actions(ask: Ask, broken: Answer, name: str, since: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="event-do"):
        st.page_link(
            "app_pages/taxonomy.py",
            label="What breaks if it changes?",
            icon=":material/account_tree:",
            query_params={"view": "blast", **event_words.address(name)},
        )
        st.page_link(
            "app_pages/answers.py",
            label="How many people did it?",
            icon=":material/group:",
            query_params={"q": "feature_usage", "event": name[: event_words.LONGEST_ADDRESS]},
        )
        st.page_link(
            "app_pages/taxonomy.py", label="All events", icon=":material/list:", query_params={}
        )
        if st.button("Source", key="from-event", type="tertiary"):
            provenance.drawer(ask, "Can I trust this event?")
        st.download_button(
            "Export what is broken",
            data=broken.to_csv,
            file_name=f"violations-{broken.data_version}.csv",
            mime="text/csv",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )


def _properties(name: str) -> None:
    answer = session.answer(
        Ask.of("glossary", {"event": {"event": name}, "kind": "property"})
    )  # fmt: skip
    html.show(html.section("What it carries"))
    if not answer.rows:
        html.show(html.note("The plan declares no property on it, and none broke a rule."))
        return
    html.show(html.wrap(terms.table(answer.rows, is_of_one_event=True)))
