"""The page of one event: the verdict, its days, what is broken, who uses it, where it comes from, what it carries.

Knows the questions about events. Must not compute a number; every one comes from an answer. The first screen answers
"can I trust it since that day?"; the rest is below.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer, UsageError
from dashboards.widgets import day_chart, event_words, html, provenance, session, states
from dashboards.widgets.day_chart import Around, DayBar
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

DAYS_SHOWN = 120  # more are drawn as weeks
BEFORE = 28  # days shown before the asked one, to compare with
SHOWN_RULES = 6
ICONS = {"yes": "check", "with_care": "alert", "no": "cross", "not_planned": "pause"}
KINDS = {
    "kpi": "KPIs",
    "question": "Questions",
    "page": "Pages",
    "snapshot": "Snapshots",
    "experiment": "Experiments",
}


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
            html.show(html.wrap(html.pairs(_facts(row))))
            _users(uses)
    _actions(ask, broken, name, since)
    _lineage(row, uses)
    _arrival(row)
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


def _facts(row: dict[str, Any]) -> list[tuple[str, object]]:
    parts = [text for text in (row["area"], row["feature"]) if text]
    plan: list[tuple[str, object]] = [
        ("Status", html.row([event_words.status(row), Mark("<span>{}</span>").format(_dates(row))])),
        ("Owner", row["owner"] or "nobody: who would fix it?"),
        ("Area", " · ".join(str(part).replace("_", " ") for part in parts) or formats.NONE),
        ("Sent when", row["trigger"]),
        ("To answer", row["question"]),
        ("Counts as", _counts_as(row)),
        ("Version", row["version"]),
        ("Review by", formats.day(row["review_by"]) if row["review_by"] else None),
        ("Use instead", event_words.link(row["replacement"]) if row["replacement"] else None),
        (
            "Not from",
            ", ".join(row["missing_platforms"] or []) if row["missing_platforms"] else None,
        ),
    ]  # fmt: skip
    return [(key, value) for key, value in plan if value not in (None, "")]


def _dates(row: dict[str, Any]) -> str:
    words = (
        ("planned for", row["planned_for"] if row["status"] == "planned" else None),
        ("since", row["live_from"]),
        ("ends", row["deprecated_from"] or row["removed_from"]),
    )
    return ", ".join(f"{word} {formats.day(day)}" for word, day in words if day)


def _counts_as(row: dict[str, Any]) -> str | None:
    if row["status"] in ("unplanned", "system"):
        return None
    found = ["activity"] if row["counts_as_active"] else []
    if row["value_event"]:
        found.append(f"value of {str(row['feature'] or 'the product').replace('_', ' ')}")
    return " and ".join(found) or "neither activity nor value"


def _users(uses: Answer) -> None:
    html.show(html.section("Who uses it", level=3))
    groups = []
    for kind, heading in KINDS.items():
        rows = [row for row in uses.rows if row["kind"] == kind]
        if rows:
            items = Mark("").join(Mark("<li>{}</li>").format(_use(row)) for row in _first(rows))
            more = len(rows) - len(_first(rows))
            if more:
                items += Mark("<li>{}</li>").format(f"and {more} more")
            groups.append(
                Mark('<div><div class="po-k">{}</div><ul>{}</ul></div>').format(heading, items)
            )
    if not groups:
        html.show(html.note("No KPI, question, page or experiment takes it."))
        return
    html.show(html.wrap(Mark('<div class="po-uses">{}</div>').format(Mark("").join(groups))))


def _first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What people asked about it by name first, then what stands on pages."""
    ranked = sorted(rows, key=lambda row: -(row["asks"] or 0))
    return ranked[:4]


def _use(row: dict[str, Any]) -> Mark:
    label = formats.short(row["label"], 70)
    if row["kind"] == "question":
        label = Mark('<a href="answers?{}" target="_self">{}</a>').format(
            urlencode({"q": row["name"]}), label
        )
    if not row["asks"]:
        return Mark("{}").format(label)
    who = f"{formats.count(row['pms'])} PMs" if row["pms"] else row["reason"] or "nobody we know"
    return Mark('{} <span class="po-small">asked {} times, last {}, by {}</span>').format(
        label, formats.count(row["asks"]), formats.day(row["last_asked_at"]), who
    )


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


def _lineage(row: dict[str, Any], uses: Answer) -> None:
    html.show(html.section("Where it comes from and where it goes"))
    spelled = [
        Mark("{} <span class=\"po-small\">{}</span>").format(
            html.code(formats.short(part["name"])), formats.count(part["events"])
        )
        for part in (row["spellings"] or [])[:6]
    ] + [
        Mark('{} <span class="po-small">never arrived</span>').format(html.code(formats.short(name)))
        for name in (row["unseen_spellings"] or [])[:3]
    ]  # fmt: skip
    models = [html.code(use["name"]) for use in uses.rows if use["kind"] == "model"]
    ends = [
        Mark("{}").format(use["label"] if use["kind"] == "kpi" else use["name"].replace("_", " "))
        for use in uses.rows
        if use["kind"] in ("kpi", "question", "experiment")
    ]
    stages = (
        ("Arrives as", spelled or [Mark("nothing has arrived")]),
        ("Is called", [html.code(formats.short(row["event"]))]),
        ("Goes through", models[:8] or [Mark("this version carries no lineage")]),
        ("Ends in", ends[:10] or [Mark("no KPI and no question")]),
    )
    body = Mark("").join(
        Mark('<div><div class="po-k">{}</div><ul>{}</ul></div>').format(
            heading, Mark("").join(Mark("<li>{}</li>").format(item) for item in items)
        )
        for heading, items in stages
    )
    html.show(html.wrap(Mark('<div class="po-stages">{}</div>').format(body)))


def _arrival(row: dict[str, Any]) -> None:
    """By source, platform, version and spelling: how much, how clean, from when to when."""
    lines = []
    for heading, column in (
        ("Source", "sources"),
        ("Platform", "platforms"),
        ("Version", "versions"),
        ("Spelling", "spellings"),
    ):
        parts = row[column] or []
        if len(parts) == 1 and not parts[0]["name"]:
            continue  # no event says its platform or version
        lines += [
            (
                heading,
                formats.short(part["name"] or "not said"),
                formats.day(part["first_on"]),
                formats.day(part["last_on"]),
                formats.count(part["events"]),
                formats.share(part["violations"] / part["events"]),
            )
            for part in parts[:8]
        ]
    if lines:
        html.show(html.section("How it arrives", "Events of the asked days"))
        heads = ("By", "", "First", "Last", "Events", "Break a rule")
        html.show(html.wrap(html.table(heads, lines, frozenset({4, 5}), caption="How it arrives")))


def _properties(name: str) -> None:
    answer = session.answer(
        Ask.of("glossary", {"event": {"event": name}, "kind": "property"})
    )  # fmt: skip
    html.show(html.section("What it carries"))
    if not answer.rows:
        html.show(html.note("The plan declares no property on it, and none broke a rule."))
        return
    html.show(html.wrap(terms(answer.rows, is_of_one_event=True)))


def terms(rows: list[dict[str, Any]], is_of_one_event: bool = False) -> Mark:
    """Terms of the glossary as a table."""
    lines = []
    for row in rows:
        line: list[object] = [
            html.code(formats.short(row["name"])),
            formats.short(row["meaning"] or _no_meaning(row), 160),
            " ".join(text for text in (row["type"] or "", row["unit"] or "") if text) or formats.NONE,
            _values(row),
            _class(row),
        ]  # fmt: skip
        if not is_of_one_event:
            line.append(_events(row["events"] or []))
            line.append(row["owner"] or formats.NONE)
        lines.append(line)
    heads = ["Name", "Meaning", "Type", "Values", "Personal data"]
    return html.table(
        heads if is_of_one_event else [*heads, "Events", "Owner"],
        lines,
        caption=f"{formats.count(len(rows))} terms",
    )


def _no_meaning(row: dict[str, Any]) -> str:
    return "No meaning written yet" if row["is_declared"] is not False else "Not in the plan"


def _values(row: dict[str, Any]) -> str:
    import json

    allowed = json.loads(row["allowed"] or "[]")
    words = ", ".join(formats.short(value, 24) for value in allowed[:6])
    if len(allowed) > 6:
        words += f" and {len(allowed) - 6} more"
    return words + (" (required)" if row["is_required"] else "")


def _class(row: dict[str, Any]) -> object:
    if row["kind"] == "feature" or row["pii_class"] in (None, ""):
        return formats.NONE
    return "none" if row["pii_class"] == "none" else html.badge(str(row["pii_class"]), "warn")


def _events(names: list[str]) -> Mark:
    shown = Mark(", ").join(event_words.link(name, 40) for name in names[:3])
    return shown + (Mark(" and {} more").format(len(names) - 3) if len(names) > 3 else Mark(""))
