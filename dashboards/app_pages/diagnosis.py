"""Diagnosis: what takes product managers' time, which tools do one job, and which rituals cost more than they save.

`?from=&to=` narrows the time; without them the last 90 days. Reads numbers only through `ask`.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer, UsageError
from dashboards.kpi_advice import Advice, processes, sinks, unclassified
from dashboards.kpi_words import UNNAMED
from dashboards.widgets import evidence, health, html, marks, provenance, session, states
from dashboards.widgets.html import Mark
from dashboards.widgets.marks import Bar
from dashboards.widgets.session import Ask

MOST_BARS = 8
KINDS = {
    "meeting": ("Meetings", "In calendars, by title"),
    "task": ("Tasks", "In time tracking, by project or title; the same hours may be in a calendar"),
    "tool": ("Tools", "Entries that name a tool"),
    "question": ("Questions that were waited for", "On the clock, no working time"),
    "handoff": (
        "Handoffs that were waited for",
        "On the clock, while nobody had the item; no working time",
    ),
}
VERDICTS = {
    "faster": ("Makes PMs faster", "good"),
    "slower": ("Makes PMs slower", "bad"),
    "no difference shown": ("No difference shown", "quiet"),
}


def page() -> None:
    """What to do first, then time, tools, rituals, and the time that no rule fits."""
    html.show(
        html.title(
            "Where does product managers' time go?",
            "Time sinks, tools that do one job, and what each ritual costs and saves. What fewer people than may be shown do is told together",
        )
    )
    given = {name: st.query_params[name] for name in ("from", "to") if name in st.query_params}
    ask = Ask.of("time_sinks", given)
    try:
        time = session.answer(ask)
    except UsageError as fault:
        states.wrong_address(f"{fault.message}. The last 90 days are shown.")
        given, ask = {}, Ask("time_sinks")
        time = session.answer(ask)
    session.log_view(ask, "asked")
    tools, ledger = Ask("tool_overlap"), Ask("process_ledger")
    rest = Ask.of("unclassified_time", given)
    overlap, rituals, loose = (session.answer(one) for one in (tools, ledger, rest))
    session.log_view(ask, "answered", complete=bool(time.rows))
    left, right = st.columns([2.35, 1], gap="medium")
    with left, st.container(gap="medium"):
        _cards(time, overlap, rituals, loose)
        _time(ask, time)
        _tools(tools, overlap)
        _rituals(ledger, rituals)
        _loose(rest, loose)
    with right:
        judged = processes(rituals.rows)
        slower = [one for one in judged if one.heading.startswith("Delete")]
        keep = [one for one in judged if one not in slower]
        _first([*slower, *sinks(time.rows), *unclassified(loose), *keep])
        provenance.rail(ask, time, "Where time goes")
    health.strip()


def _cards(time: Answer, overlap: Answer, rituals: Answer, loose: Answer) -> None:
    """The answer at a glance."""
    s = time.summary
    days = f"{formats.day(time.params['from'])} to {formats.day(time.params['to'])}"
    core = overlap.summary.get("core_tools")
    share = loose.summary.get("unclassified_share")
    html.show(
        marks.cards(
            [
                ("Hours in meetings", formats.count(s.get("meeting_hours")), f"calendars, {days}"),
                ("Hours tracked", formats.count(s.get("tracked_hours")), "time tracking; the same hours may be in both"),
                ("Hours waited for answers", formats.count(s.get("question_waited_hours")), "on the clock"),
                ("Core tools", formats.count(core), "four to six are enough"),
                ("Rituals that slow down", formats.count(rituals.summary.get("slower")), f"of {formats.count(rituals.summary.get('processes'))} in the ledger"),
                ("Time without a rule", formats.share(share, 0), "in no number of K4"),
            ]
        )
    )  # fmt: skip


def _first(found: Sequence[Advice]) -> None:
    with st.container(border=True, key="todo"):
        body = html.section("What to do first")
        for item in found[:6]:
            body += Mark('<div><strong>{}</strong><p class="po-small">{}</p></div>').format(
                item.heading, item.text
            )
        if not found:
            body += html.note("Nothing here calls for somebody now.")
        html.show(html.wrap(Mark('<div style="display:grid;gap:12px">{}</div>').format(body)))


def _time(ask: Ask, answer: Answer) -> None:
    html.show(
        html.section(
            "Time sinks",
            "Ranked by hours inside each kind, for hours of different evidence do not add up",
        )
    )
    if not answer.rows:
        html.show(
            html.note(
                "No calendar, time tracking, question or handoff of a product manager in these days."
            )
        )
    for kind, (heading, note) in KINDS.items():
        rows = [row for row in answer.rows if row["kind"] == kind]
        if rows:
            _bars(rows, heading, note)
    evidence.actions("Time sinks", ask, answer)


def _bars(rows: list[dict[str, Any]], heading: str, note: str) -> None:
    column = "hours" if any(row["hours"] is not None for row in rows) else "waited_hours"
    told = sorted(
        (row for row in rows if row[column] is not None),
        key=lambda row: (row["name"] == UNNAMED, -row[column]),
    )
    hidden = len(rows) - len(told)
    html.show(html.section(heading, note, level=3))
    top = max((row[column] for row in told), default=0.0) or 1.0
    drawn = [
        Bar(
            Mark('{}<div class="po-small">{}</div>').format(row["name"], _behind(row)),
            f"{formats.count(row[column])} h",
            row[column] / top,
            kind="open" if row["name"] == UNNAMED else "",
        )
        for row in told[:MOST_BARS]
    ]
    if drawn:
        html.show(marks.bars(drawn, f"{heading}: most is {told[0]['name']}, {drawn[0].text}."))
    said = []
    if len(told) > MOST_BARS:
        said.append(f"{formats.count(len(told) - MOST_BARS)} more in the export")
    if hidden:
        said.append("what fewer people than may be shown do is not told")
    if said:
        html.show(html.note(f"{'; '.join(said).capitalize()}."))


def _behind(row: dict[str, Any]) -> str:
    """The evidence of a bar in a few words."""
    parts = [f"{formats.count(row['items'])}×"]
    if row["people"] is not None:
        parts.append(f"{formats.count(row['people'])} PMs")
    if row["process_hours"]:
        parts.append(f"{formats.count(row['process_hours'])} h process work")
    parts.append(str(row["evidence"]).replace("_", " "))
    return " · ".join(parts)


def _tools(ask: Ask, answer: Answer) -> None:
    s = answer.summary
    core = s.get("core_tools")
    html.show(html.section("Tools that do one job", "Used in the last 28 days; four to six core tools are enough"))  # fmt: skip
    if not answer.rows:
        html.show(html.note("tools.yml names no tool."))
        return
    fits = bool(s.get("is_within_four_to_six"))
    badges = [
        html.badge(
            f"{formats.count(core)} core tools, {'inside' if fits else 'outside'} four to six",
            "good" if fits else "warn",
        )
    ]
    if overlapping := s.get("overlapping_categories"):
        word = "category" if overlapping == 1 else "categories"
        badges.append(
            html.badge(f"{formats.count(overlapping)} {word} with more than one tool", "warn")
        )
    html.show(html.wrap(html.row(badges)))
    lines = [
        (
            row["category"],
            row["names"],
            formats.count(row["core_tools"]),
            html.badge("Same job", "warn") if row["is_overlap"] else "",
            formats.count(row["users"]),
            formats.count(row["users_of_several"]),
        )
        for row in answer.rows
    ]
    heads = ("Category", "Tools, core first", "Core", "Overlap", "PMs who used one", "Used several")
    html.show(
        html.wrap(html.table(heads, lines, frozenset({2, 4, 5}), caption="Tools that do one job"))
    )
    evidence.actions("Tools that do one job", ask, answer)


def _rituals(ask: Ask, answer: Answer) -> None:
    html.show(
        html.section(
            "What each ritual and template costs and saves",
            "Minutes of a PM-week, the four weeks before the rollout against the last four of the period, on the same people",
        )
    )
    if not answer.rows:
        html.show(html.note("No process of tools.yml says what it costs or saves, so none can be judged."))  # fmt: skip
        return
    evidence.picture(answer, "What each ritual costs and saves")
    lines = [
        (
            row["name"],
            str(row["evidence"]).replace("_", " "),
            _minutes(row["minutes_saved"]),
            _minutes(row["minutes_cost"]),
            _minutes(row["minutes_net"], is_signed=True),
            f"{_minutes(row['net_low'], is_signed=True)} to {_minutes(row['net_high'], is_signed=True)}"
            if row["net_low"] is not None
            else "",
            formats.count(row["people"]),
            html.badge(*VERDICTS[row["makes_pms"]])
            if row["makes_pms"]
            else html.badge("Not shown", "quiet", "hidden"),
            row["reason"] or "",
        )
        for row in answer.rows
    ]
    heads = ["Process", "Seen in", "Saves", "Costs", "Net", "95% interval", "PMs", "Verdict", "Why not"]  # fmt: skip
    if not any(line[-1] for line in lines):
        heads, lines = heads[:-1], [line[:-1] for line in lines]  # type: ignore[misc]
    html.show(
        html.wrap(html.table(heads, lines, frozenset({2, 3, 4, 5, 6}), caption="Process ledger"))
    )
    evidence.actions("Process ledger", ask, answer)


def _minutes(value: Any, is_signed: bool = False) -> str:
    if value is None:
        return formats.NONE
    return f"{formats.change_count(value) if is_signed else formats.count(value)} min"


def _loose(ask: Ask, answer: Answer) -> None:
    share, hidden = answer.summary.get("unclassified_share"), answer.summary.get("titles_not_shown")
    evidence.show(
        "Time that no rule fits",
        f"{formats.share(share, 0)} of the recorded time; {formats.count(hidden)} titles of fewer people than may be shown are left out. A rule in time_categories.yml takes a title off this list",
        ask,
        answer,
    )


with states.guarded():
    page()
