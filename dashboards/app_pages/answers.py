"""Answers: one governed question at a time, its whole state in the address.

`?q=<question id>&<parameter>=<value>…`; without `q` all questions are listed. Reads numbers only through `ask`.
"""

from urllib.parse import urlencode

import streamlit as st

from dashboards.answer import Answer, UsageError
from dashboards.catalogue import Question, load
from dashboards.widgets import (
    ask_box,
    chips,
    health,
    html,
    other_tools,
    pictures,
    provenance,
    reading,
    readings,
    session,
    states,
)
from dashboards.widgets.session import Ask

LONGEST_ADDRESS = 4000
# What a question cannot go without, and the kind of name that fills it.
NEEDS = {
    "feature_usage": (("feature", "feature"), ("event", "event")),
    "feature_adoption": (("feature", "feature"), ("event", "event")),
    "launch_effect": (("release", "launch"),),
    "experiment_result": (("experiment", "experiment"),),
    **dict.fromkeys(
        ("event_trust", "event_uses", "event_volume", "blast_radius"), (("event", "event"),)
    ),
}


def page() -> None:
    """Find the question in the address and show it, or list all."""
    given = dict(st.query_params)
    question_id = given.pop("q", "")
    given.pop("v", None)
    given.pop(other_tools.ADDRESS, None)
    if not question_id:
        _all_questions()
        return
    question = load().questions.get(question_id)
    if question is None:
        try:
            load().get(question_id)
        except UsageError as fault:
            states.wrong_address(fault.message)
        _all_questions()
        return
    params, dropped = _understood(question, given)
    html.show(html.title(_restated(question, params)))
    for message in dropped:
        states.wrong_address(message, key=f"state-address-{abs(hash(message))}")
    if _asks_which(question, params):
        health.strip()
        return
    ask = Ask.of(question.id, params)
    with states.guarded():
        session.log_view(ask, "asked")
        ask, answer = _answer_or_default(question, ask)
        session.log_view(ask, "answered", complete=bool(answer.rows))
        _view(question, ask, answer, dict(ask.params))


def _understood(question: Question, given: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The parameters of the address that exist; the others are named and left out."""
    known = {*question.params, "from", "to", "project", "source", "where"}
    params, dropped = {}, []
    for name, value in given.items():
        if name not in known:
            dropped.append(
                f"There is no parameter “{name[:40]}” here; it was left out. The rest of the view is as asked."
            )
        elif len(value) > LONGEST_ADDRESS:
            dropped.append(f"“{name}” is too long to be meant; it was left out.")
        else:
            params[name] = value
    return params, dropped


def _answer_or_default(question: Question, ask: Ask) -> tuple[Ask, Answer]:
    """The answer; a value that is not understood falls back to the defaults, and the page says so."""
    try:
        return ask, session.answer(ask)
    except UsageError as fault:
        required = {name for name, parameter in question.params.items() if parameter.required}
        needed = {name for name, _ in NEEDS.get(question.id, ())}
        kept = Ask(question.id, tuple(item for item in ask.params if item[0] in required | needed))
        if kept == ask:
            wrong = [name for name, _ in NEEDS.get(question.id, ()) if name in dict(ask.params)]
            if not wrong:
                raise
            states.wrong_address(fault.message)
            _asks_which(question, {})
            health.strip()
            st.stop()
        states.wrong_address(f"{fault.message}. The view below uses the defaults.")
        session.log_view(kept, "asked")
        return kept, session.answer(kept)


def _asks_which(question: Question, params: dict[str, str]) -> bool:
    """A question that lacks its object asks for it, with the real names to choose from."""
    needs = NEEDS.get(question.id, ())
    if needs and not any(params.get(name) for name, _ in needs):
        name, kind = needs[0]
        choices = chips.known(kind)
        if not choices and len(needs) > 1:
            name, kind = needs[1]
            choices = chips.known(kind)
        _choose(name, f"Which {kind}?", choices)
        return True
    if "steps" in question.params and question.params["steps"].required and not params.get("steps"):
        _choose_steps()
        return True
    return False


def _choose(name: str, heading: str, choices: list[str]) -> None:
    if not choices:
        states.empty(f"this version knows no {name}", [])
        return
    with st.container(border=True, key="which"):
        html.show(
            html.section(
                heading, "The question needs one; these are the ones that this version knows"
            )
        )
        with st.container(horizontal=True, gap="xsmall", key="quick"):
            for choice in choices[:40]:
                st.button(
                    html.label(choice.replace("_", " ")),
                    key=f"which-{choice}",
                    on_click=chips.set_param,
                    args=(name, choice),
                )


def _choose_steps() -> None:
    with st.container(border=True, key="which"):
        html.show(
            html.section("Which steps, in order?", "Two or more events, from the first to the last")
        )
        with st.form("steps", border=False):
            steps = st.multiselect("Steps", chips.known("event"), label_visibility="collapsed")
            if st.form_submit_button("Show the funnel", type="primary") and len(steps) > 1:
                chips.set_param("steps", steps)
                st.rerun()


def _view(question: Question, ask: Ask, answer: Answer, params: dict[str, str]) -> None:
    chips.chips(question, answer, params)
    left, right = st.columns([2.35, 1], gap="medium")
    with left, st.container(gap="medium", key="answer"):
        # Nobody at risk and nobody gone is an answer, though its list is empty.
        if _is_empty(answer, params):
            states.empty(
                question.asks,
                [name for name in ("where", "project", "source", "from", "to") if params.get(name)],
                next((c for c in answer.caveats if c.startswith(("No data: ", "No account "))), ""),
            )
        else:
            _evidence(question, answer)
            other_tools.switch(question, ask)
        _answered(ask, answer)
    with right:
        provenance.rail(ask, answer, question.asks)
        _ask_next(question)
    health.strip()


def _is_empty(answer: Answer, params: dict[str, str]) -> bool:
    """No rows; or a filter that leaves nobody in any of them."""
    if not answer.rows:
        return not answer.summary.get("units")
    counts = [column.name for column in answer.columns if column.unit == "people"]
    return bool(counts and params.get("where")) and not any(
        row.get(name) for row in answer.rows for name in counts
    )


def _evidence(question: Question, answer: Answer) -> None:
    found = readings.read(answer)
    html.show(reading.mark(found))
    if found.cards:
        html.show(reading.side_numbers(found))
    pictures.draw(answer, question, found.plain)
    with st.expander(
        "Show table", type="compact", expanded=question.show.get("chart") in (None, "table")
    ):
        pictures.table(answer)


def _answered(ask: Ask, answer: Answer) -> None:
    with st.container(
        border=True, key="answered", horizontal=True, vertical_alignment="center", gap="small"
    ):
        html.show(html.section("Did this answer your question?", level=3), is_inline=True)
        if session.is_confirmed(ask):
            html.show(html.wrap(html.row([html.badge("Noted, thank you", "good")])), is_inline=True)
        elif st.button("Yes", icon=":material/check:"):
            session.log_view(ask, "confirmed")
            st.rerun()
        st.page_link("app_pages/answers.py", label="Not quite", query_params={})
        st.space("stretch")
        with st.popover("Copy link", type="tertiary", icon=":material/link:"):
            pairs = [("q", ask.question), *ask.params]
            live = st.context.url or ""
            base = live.split("?")[0]
            html.show(html.note("Live: shows the newest version each time"))
            html.show(html.wrap(html.sql(f"{base}?{urlencode(pairs)}")))
            html.show(html.note("Pinned: always this version's numbers"))
            html.show(
                html.wrap(html.sql(f"{base}?{urlencode([*pairs, ('v', answer.data_version)])}"))
            )
        st.download_button(
            "Export CSV",
            data=answer.to_csv,
            file_name=f"{answer.question}-{answer.data_version}.csv",
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )


def _ask_next(question: Question) -> None:
    others = [
        other
        for other in load().questions.values()
        if other.area == question.area and other.id != question.id
    ]
    with st.container(border=True, key="next", gap="xsmall"):
        html.show(html.section("Ask next", level=3))
        for other in others[:3]:
            st.page_link(
                "app_pages/answers.py",
                label=html.label(other.asks),
                icon=":material/arrow_forward:",
                query_params={"q": other.id},
            )


def _restated(question: Question, params: dict[str, str]) -> str:
    name = params.get("feature")
    return question.asks.replace("feature X", name.replace("_", " ")) if name else question.asks


def _all_questions() -> None:
    html.show(
        html.title("Answers", "Every question below has one definition, one owner and one answer")
    )
    ask_box.box("answers")
    areas: dict[str, list[Question]] = {}
    for question in load().questions.values():
        areas.setdefault(question.area, []).append(question)
    with st.container(key="catalogue"):
        columns = st.columns(2, gap="medium")
        for place, (area, questions) in enumerate(areas.items()):
            with columns[place % 2], st.container(border=True, gap="xsmall"):
                html.show(html.section(area.replace("_", " ").capitalize()))
                for question in questions:
                    st.page_link(
                        "app_pages/answers.py",
                        label=html.label(question.asks),
                        query_params={"q": question.id},
                    )
    health.strip()


with states.guarded():
    page()
