"""The designed states of a page: what happened, what it means for the numbers, what to do next.

Knows the words and looks of each state. Must not know any question. Every state ends in something useful to do, and
an error shows an id, never a traceback; the traceback is in the log under the same id.
"""

import hashlib
import logging
import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st

from dashboards.answer import UsageError
from dashboards.published import NoVersion, QueryTooLong
from dashboards.widgets import html
from dashboards.widgets.html import Mark

_QUOTED = re.compile(r"`([^`]*)`")
log = logging.getLogger("dashboards")


def card(
    status: str,
    state: str,
    heading: str,
    text: str | Mark,
    icon: str | None = None,
    steps: Sequence[str | Mark] = (),
    key: str = "state",
) -> Any:
    """One state; gives the row for its actions, one primary and one plain."""
    box = st.container(border=True, key=key)
    with box:
        body = Mark(
            '<div style="display:flex;flex-direction:column;gap:10px">{}{}{}{}</div>'
        ).format(
            html.row([html.badge(status, state, icon)]),
            Mark('<h2 class="po-h3">{}</h2>').format(heading),
            Mark("<p>{}</p>").format(text),
            Mark('<ol style="margin:0;padding-left:20px;display:grid;gap:6px">{}</ol>').format(
                Mark("").join(Mark("<li>{}</li>").format(step) for step in steps)
            )
            if steps
            else Mark(""),
        )
        html.show(html.wrap(body))
        return st.container(horizontal=True, vertical_alignment="center", gap="small")


def first_run() -> None:
    """No version yet: the three next steps."""
    html.show(html.title("Welcome", "Nothing has been published yet"))
    actions = card(
        "First run",
        "info",
        "No data has been loaded yet",
        "Pages show one published version of your data. There is none yet, so there is no number to show. Three steps lead to the first one:",
        icon="rocket",
        steps=(
            Mark("Look around with invented data: {}").format(html.code("productops demo")),
            Mark("Or put your exports into the landing folder: {}").format(
                html.code("data/landing/<source>/<project>/")
            ),
            Mark("Then load, check and publish them: {}").format(html.code("productops run")),
        ),
        key="state-first-run",
    )
    with actions:
        if st.button("Look again", type="primary", icon=":material/refresh:"):
            st.rerun()


def wrong_address(message: str, key: str = "state-address") -> None:
    """A parameter of the address is not known; the page goes on with the default."""
    html.show(
        html.wrap(
            Mark(
                '<div class="po-card" role="status"><div class="po-row">{}<span>{}</span></div></div>'
            ).format(html.badge("Address not understood", "warn"), words(message))
        ),
        key=key,
    )


def bad_question(message: str) -> None:
    """The address asks for something that does not exist."""
    actions = card(
        "Not understood",
        "warn",
        "This view does not exist as asked",
        f"{words(message)}. No number is shown, because a nearby one would be a guess.",
        key="state-bad-question",
    )
    with actions:
        st.button("Use the defaults", type="primary", on_click=_reset_address)
        st.page_link("app_pages/answers.py", label="All questions", query_params={})


def empty(what: str, narrowed_by: Sequence[str], reason: str = "") -> None:
    """Nothing matches; the reason is said where the answer knows it, and the filters that were set can be taken off."""
    text = reason or "The question was understood and ran; its result has no rows."
    if narrowed_by:
        text += f" It is narrowed by {', '.join(narrowed_by)}."
    actions = card(
        "Empty", "quiet", f"Nothing matches: {what}", text, icon="search", key="state-empty"
    )
    with actions:
        if narrowed_by:
            st.button("Remove the filters", type="primary", on_click=_reset_address)
        st.page_link("app_pages/data_health.py", label="Check what was loaded")


def withheld(what: str, reason: str) -> None:
    """A number that is not told: why, and that it is not zero."""
    actions = card(
        "Not shown",
        "quiet",
        f"{what} is withheld",
        f"{reason[:1].upper()}{reason[1:]}. The number is withheld, not zero.",
        icon="hidden",
        key="state-withheld",
    )
    with actions:
        st.page_link("app_pages/data_health.py", label="Check what was loaded")


def too_few(text: str) -> None:
    """The group is smaller than the minimum that may be shown."""
    actions = card(
        "Too few", "quiet", "Too few people to show a rate", text, icon="hidden", key="state-few"
    )
    with actions:
        st.button("Widen the dates", type="primary", on_click=_reset_address)


def error(error_id: str) -> None:
    """An answer could not be computed; nothing else is affected."""
    actions = card(
        "Error",
        "bad",
        "This answer could not be computed",
        f"No number is shown, and nothing else is affected. Error id {error_id}: the log of the server holds the details under this id.",
        key="state-error",
    )
    with actions:
        st.button(
            "Use the defaults", type="primary", on_click=_reset_address, key=f"reset-{error_id}"
        )
        st.page_link("app_pages/data_health.py", label="Data health")


def words(message: str) -> str:
    """A message of the engine as a sentence of a page: no code marks, a capital first."""
    text = (
        message.replace("`", "“", 1) if message.count("`") == 1 else _QUOTED.sub("“\\1”", message)
    )
    return f"{text[:1].upper()}{text[1:]}"


@contextmanager
def guarded() -> Iterator[None]:
    """Turn what goes wrong inside into a designed state."""
    try:
        yield
    except NoVersion:
        first_run()
        st.stop()
    except UsageError as fault:
        bad_question(fault.message)
    except QueryTooLong as fault:
        actions = card(
            "Too long",
            "warn",
            "This answer takes too long",
            f"{fault}. No number is shown.",
            icon="clock",
        )
        with actions:
            st.button("Use the defaults", type="primary", on_click=_reset_address)
    except Exception as fault:
        error(record(fault))


def record(fault: BaseException) -> str:
    """Log a fault with its traceback; gives the id that the reader sees. The same fault has the same id."""
    text = "".join(traceback.format_exception(fault))
    digest = hashlib.sha256(text.encode()).hexdigest().upper()
    error_id = f"{digest[:4]}-{digest[4:6]}"
    log.error("error id %s\n%s", error_id, text)
    return error_id


def _reset_address() -> None:
    question = st.query_params.get("q")
    st.query_params.clear()
    if question:
        st.query_params["q"] = question
