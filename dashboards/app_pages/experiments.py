"""Experiments: what was tried, what it showed, what is known in the area. Reads numbers only through `ask`."""

import streamlit as st

from dashboards import wording as formats
from dashboards.widgets import (
    chips,
    health,
    html,
    pictures,
    provenance,
    reading,
    readings,
    session,
    states,
)
from dashboards.widgets.session import Ask


def page() -> None:
    """Search the registry, then one experiment's result."""
    html.show(
        html.title("Experiments", "What has been tried, what it showed, and what rests on it")
    )
    known = chips.known("experiment")
    if not known:
        states.empty("this version knows no experiment", [])
        health.strip()
        return
    given = st.query_params.get("experiment")
    if given and given not in known:
        states.wrong_address(f"There is no experiment “{given[:40]}”; the registry is shown.")
        given = None
    if given:  # who comes with an experiment in the address wants its result first
        _choose(known, given)
        _result(given)
        _registry()
    else:
        _registry()
        _choose(known, given)
    health.strip()


def _registry() -> None:
    html.show(html.section("What have we tried here, what did we learn?"))
    text = st.text_input(
        "Search experiments",
        value=st.query_params.get("text", ""),
        key="experiment-text",
        type="search",
        icon=":material/search:",
        placeholder="Words from the hypothesis, the name or the learning",
        label_visibility="collapsed",
        max_chars=200,
    )
    with states.guarded():
        answer = session.answer(Ask.of("prior_experiments", {"text": text} if text else {}))
        if not answer.rows:
            states.empty("no finished experiment fits these words", ["the words"] if text else [])
            return
        lines = []
        for row in answer.rows[:50]:
            name = html.Mark('<a href="experiments?{}" target="_self">{}</a>').format(
                _address(row["experiment_id"]), row["name"] or row["experiment_id"]
            )
            lines.append(
                (
                    name,
                    formats.day(row["ended_on"]),
                    str(row["decision"] or formats.NONE),
                    formats.change_rate(row["lift_relative"]),
                    str(row["learning"] or ""),
                    formats.value(row["cited_by"]),
                )
            )
        heads = ("Experiment", "Ended", "Decision", "Lift", "Learning", "Cited by")
        html.show(
            html.wrap(
                html.table(heads, lines, frozenset({3}), caption="Experiments that have ended")
            )
        )
        if st.button("Source", key="from-registry", type="tertiary"):
            provenance.drawer(
                Ask.of("prior_experiments", {"text": text} if text else {}),
                "Experiments that have ended",
            )


def _choose(known: list[str], given: str | None) -> None:
    html.show(html.section("What did it show, can we ship?"))
    options = ["Choose an experiment", *known]
    key = f"experiment-{given}"

    def apply() -> None:
        chosen = st.session_state.get(key)
        chips.set_param("experiment", chosen if chosen in known else None)

    st.selectbox(
        "Experiment",
        options,
        index=options.index(given) if given else 0,
        key=key,
        on_change=apply,
        format_func=_named,
        label_visibility="collapsed",
    )


def _named(experiment: str) -> str:
    """What people call an experiment, with its id, which is what exposures say."""
    rows = session.answer(Ask("prior_experiments")).rows
    name = next((row["name"] for row in rows if row["experiment_id"] == experiment), None)
    return f"{html.label(name)} · {experiment}" if name else experiment


def _result(experiment: str) -> None:
    from dashboards.catalogue import load

    ask = Ask.of("experiment_result", {"experiment": experiment})
    left, right = st.columns([2.35, 1], gap="medium")
    with states.guarded():
        session.log_view(ask, "asked")
        answer = session.answer(ask)
        session.log_view(ask, "answered", complete=bool(answer.rows))
        with left, st.container(gap="medium"):
            if answer.rows:
                found = readings.read(answer)
                html.show(reading.mark(found))
                pictures.draw(answer, load().get("experiment_result"), found.plain)
            else:
                states.too_few(
                    "Nobody has been exposed to a variant yet, so there is nothing to compare."
                )
        with right:
            provenance.rail(ask, answer, "What did it show, can we ship?")


def _address(experiment: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"experiment": experiment})


with states.guarded():
    page()
