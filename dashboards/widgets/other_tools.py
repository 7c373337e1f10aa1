"""The same question by the rules of other tools, beside an answer: one switch, and what it shows.

Knows how the differences of an answer are told. Must not know any tool's rules nor compute a number. The switch stands in the
address, and nothing is computed until somebody turns it on.
"""

from dataclasses import dataclass, replace

import streamlit as st

from dashboards import wording as formats
from dashboards.answer import Answer, UsageError
from dashboards.catalogue import Question
from dashboards.widgets import html, readings, session, states
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

ADDRESS = "compare"
NAMES = {"default": "Ours", "amplitude": "Amplitude", "mixpanel": "Mixpanel", "posthog": "PostHog"}


@dataclass(frozen=True)
class Told:
    """One tool's rules: the headline that they give, how many people come out differently, and by which rule."""

    name: str
    label: str
    value: str
    changed: str
    why: str


def told(answer: Answer) -> list[Told]:
    """A line for ours and for each tool."""
    found = []
    for entry in answer.differences or ():
        params = {**answer.params, "dialect": entry["dialect"]}
        theirs = replace(answer, params=params, rows=entry["rows"], summary=entry["summary"])
        reading = readings.read(theirs)
        is_ours = entry["dialect"] == "default"
        found.append(
            Told(
                NAMES.get(entry["dialect"], str(entry["dialect"])),
                reading.label,
                reading.value,
                ""
                if is_ours or not entry["actors_changed"]
                else f"{formats.count(entry['actors_changed'])} of {formats.count(entry['actors'])}",
                "our own definitions" if is_ours else str(entry["sentence"]).split(": ", 1)[-1],
            )
        )
    return found


def switch(question: Question, ask: Ask) -> None:
    """The switch of a question that knows other tools' rules, and the comparison while it is on."""
    if not question.dialects:
        return
    key = f"set-{ADDRESS}"
    is_on = st.query_params.get(ADDRESS) == "1"
    st.toggle("Compare with other tools' rules", value=is_on, key=key, on_change=_turn, args=(key,))
    if is_on:
        _comparison(ask)


def _turn(key: str) -> None:
    if st.session_state.get(key):
        st.query_params[ADDRESS] = "1"
    else:
        st.query_params.pop(ADDRESS, None)


def _comparison(ask: Ask) -> None:
    try:
        lines = told(session.differences(ask))
    except UsageError as fault:
        html.show(html.note(f"These parameters cannot be compared: {states.words(fault.message)}."))
        return
    with st.container(border=True, key="other-tools", gap="xsmall"):
        html.show(
            html.section(
                "The same question by other tools' rules",
                f"{lines[0].label}. One history, only the rules differ",
            )
        )
        # Pairs, not a table: on a phone the reason has the whole width below the number.
        html.show(html.wrap(html.pairs([(line.name, _line(line)) for line in lines])))


def _line(line: Told) -> Mark:
    people = f" · {line.changed} people come out differently" if line.changed else ""
    return Mark('<div>{}{}</div><div class="po-small">{}</div>').format(
        html.strong(line.value), people, line.why
    )
