"""The question box: plain words in, the address of a governed answer out.

Knows the finder and the page of answers. Must not know how a question is answered; where nothing fits it says so and
offers the nearest three.
"""

from typing import Any

import streamlit as st

from dashboards.catalogue import load
from dashboards.widgets import chips, html, session, states

EXAMPLES = (
    "What was retention last month?",
    "How many users hit feature X?",
    "Where do people drop out?",
    "What is NPS?",
)


def box(key: str) -> None:
    """The box and a few questions to start from; an understood question opens its answer."""
    with st.container(key=f"ask-{key}", gap="small"):
        text = st.text_input(
            "Ask a product question",
            key=f"text-{key}",
            type="search",
            icon=":material/search:",
            placeholder="Ask a product question, for example “What was retention last month?”",
            label_visibility="collapsed",
            max_chars=300,
        )
        with st.container(key="quick", horizontal=True, gap="xsmall"):
            for place, example in enumerate(_examples()):
                if st.button(html.label(example), key=f"quick-{key}-{place}"):
                    text = example
        if text and text.strip():
            _go(text.strip(), key)


def open_answer(question_id: str, params: dict[str, object] | None = None) -> None:
    """Go to the page of one answer; everything it needs is in the address."""
    from dashboards.widgets.session import Ask

    ask = Ask.of(question_id, params)
    if place := _own_page(question_id, dict(ask.params)):
        st.switch_page("app_pages/taxonomy.py", query_params=place)
    st.switch_page("app_pages/answers.py", query_params={"q": ask.question, **dict(ask.params)})


def _own_page(question_id: str, params: dict[str, str]) -> dict[str, str] | None:
    """The address on the taxonomy page, for the questions that it answers on one screen."""
    if question_id == "event_trust" and "event" in params:
        return {name: params[name] for name in ("event", "since") if name in params}
    if question_id == "blast_radius" and "event" in params:
        kept = ("event", "change")
        return {"view": "blast", **{name: params[name] for name in kept if name in params}}
    if question_id == "glossary":
        return {"view": "glossary", **params}
    return None


def _examples() -> list[str]:
    features = chips.known("feature")
    named = features[0].replace("_", " ") if features else "X"
    return [text.replace("feature X", named) for text in EXAMPLES]


def _go(text: str, key: str) -> None:
    from dashboards import finder

    with states.guarded():
        found = finder.find(text, session.published())
        if isinstance(found, finder.Match):
            open_answer(found.question_id, dict(found.params))
        _no_answer(text, found, key)


def _no_answer(text: str, found: Any, key: str) -> None:
    catalogue = load()
    actions = states.card(
        "No governed answer",
        "quiet",
        "No standard question fits these words well enough",
        "A guess would look like a number, so none is shown. The nearest questions are below; an analyst can answer the rest.",
        icon="search",
        key=f"state-no-answer-{key}",
    )
    with actions:
        for place, question_id in enumerate(_nearest(found)):
            question = catalogue.get(question_id)
            if st.button(
                html.label(question.asks),
                key=f"near-{key}-{place}",
                type="primary" if place == 0 else "secondary",
            ):
                open_answer(question_id)
    with st.expander("Ask an analyst", type="compact"):
        st.text_area("Send this to your analyst", value=text, key=f"analyst-{key}", max_chars=1000)


def _nearest(found: Any) -> list[str]:
    ids = []
    for item in found.nearest[:3]:
        ids.append(item if isinstance(item, str) else item.question_id)
    return ids
