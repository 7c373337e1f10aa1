"""The question as understood: one chip per parameter, each with the one widget that changes it.

Knows the types of parameters and keeps the address of the page as the only state: a widget starts from it and writes
back to it. Must not know what a question computes.
"""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

from dashboards import ask as asking
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.catalogue.parameters import OPERATORS, OWNERS, Parameter
from dashboards.widgets import html, session

ANY = "any"
LABELS = {
    "start_event": "start",
    "return_event": "return",
    "from": "from",
    "to": "to",
    "mde_relative": "relative effect",
    "mde_absolute": "absolute effect",
    "mau_days": "MAU days",
}
# Shown as a chip only once they differ from the default; before that they are under "More".
QUIET = {
    "dialect",
    "actor",
    "brackets",
    "tie_seconds",
    "optimized_reentry",
    "entry",
    "rounding",
    "interval_zero",
    "breakdown_of",
    "property_of",
    "dimension_of",
    "correction",
    "new_is",
    "exclusion_mode",
    "exclusions",
    "hold_constant",
    "attribution",
    "average",
    "horizon",
    "mau_days",
    "alpha",
    "power",
    "allocation",
    "cuped",
    "eligible",
    "launch",
    "minimum_days",
    "threshold",
    "limit",
}
# Of a question that takes a metric: what only this metric asks for.
OF_METRIC = {
    "event": "feature_usage",
    "feature": "feature_usage",
    "steps": "conversion",
    "window": "conversion",
}


def chips(question: Question, answer: Answer | None, params: dict[str, str]) -> None:
    """All chips of a question, the rare ones under "More"."""
    shown = dict(answer.params) if answer else {}
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key="chips", wrap=True
    ):
        html.show(html.note("Understood as"), is_inline=True)
        later = []
        for name, parameter in question.params.items():
            value = params.get(name, shown.get(name, parameter.default))
            if name not in params and _is_quiet(question, name, params):
                later.append((name, parameter, value))
                continue
            with st.popover(_chip(name, value)):
                _widget(parameter, value)
        if question.range != "none":
            with st.popover(_range_chip(question, shown, params)):
                _range(shown, params)
        for name in ("project", "source"):
            if params.get(name):
                with st.popover(_chip(name, params[name])):
                    _known(name, params[name])
        if question.where:
            with st.popover(_where_chip(params), icon=":material/add:"):
                _where(params)
        with st.popover("More", icon=":material/tune:"):
            for name in ("project", "source"):
                if not params.get(name):
                    _known(name, None)
            for name, parameter, value in later:
                _widget(parameter, value)
                del name


def _is_quiet(question: Question, name: str, params: dict[str, str]) -> bool:
    if name in QUIET or "metric" not in question.params:
        return name in QUIET
    metric = params.get("metric", question.params["metric"].default)
    return bool(OF_METRIC.get(name, metric) != metric)


def _chip(name: str, value: Any) -> str:
    return (
        f"{html.label(LABELS.get(name, name.replace('_', ' ')))} **{html.label(describe(value))}**"
    )


def describe(value: Any) -> str:
    """A parameter's value in words."""
    if value is None or value == "":
        return ANY
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except ValueError:
            return value[:40]
    if isinstance(value, dict):
        return describe(value.get("event") or value.get("any_of"))
    if isinstance(value, list):
        names = [describe(item) for item in value]
        return " → ".join(names) if len(names) <= 3 else f"{len(names)} steps from {names[0]}"
    return str(value)[:60]


def _widget(parameter: Parameter, value: Any) -> None:
    name = parameter.name
    caption = html.label(parameter.describes or name.replace("_", " "))
    key = f"set-{name}-{describe(value)}"
    apply = _setter(name, key)
    if parameter.type == "choice":
        options = list(parameter.values)
        at = options.index(value) if value in options else None
        st.radio(caption, options, index=at, key=key, on_change=apply)
    elif parameter.type == "boolean":
        st.toggle(caption, value=str(value).lower() == "true", key=key, on_change=apply)
    elif parameter.type in ("integer", "number"):
        whole = parameter.type == "integer"
        number: Any = int if whole else float
        st.number_input(
            caption,
            value=number(float(value)) if _is_number(value) else None,
            min_value=number(parameter.minimum) if parameter.minimum is not None else None,
            max_value=number(parameter.maximum) if parameter.maximum is not None else None,
            step=1 if whole else None,
            key=key,
            on_change=apply,
        )
    elif parameter.type in ("selector", "feature", "experiment"):
        kind = "event" if parameter.type == "selector" else parameter.type
        options = [ANY, *known(kind)]
        current = describe(value)
        st.selectbox(
            caption,
            options,
            index=options.index(current) if current in options else 0,
            key=key,
            on_change=apply,
        )
    elif parameter.type == "steps":
        st.multiselect(caption, known("event"), default=_names(value), key=key, on_change=apply)
    else:
        st.text_input(
            caption,
            value=value if isinstance(value, str) else json.dumps(value) if value else "",
            key=key,
            max_chars=2000,
            on_change=apply,
        )


def _setter(name: str, key: str) -> Callable[[], None]:
    def apply() -> None:
        set_param(name, st.session_state.get(key))

    return apply


def set_param(name: str, value: Any) -> None:
    """Write one parameter into the address; the next rerun answers anew."""
    if value is None or value == "" or value == ANY or value == []:
        st.query_params.pop(name, None)
    elif isinstance(value, bool):
        st.query_params[name] = "true" if value else "false"
    elif isinstance(value, list | dict):
        st.query_params[name] = json.dumps(value)
    else:
        st.query_params[name] = str(value)


def known(kind: str) -> list[str]:
    """The names of events, features, experiments, projects or sources of the pinned version."""
    published = session.published()
    return _known_values(published, published.version, kind)


@st.cache_data(max_entries=40, show_spinner=False)
def _known_values(_published: Any, version: str, kind: str) -> list[str]:
    with _published.session() as reading:
        return asking.known_values(_published, reading, kind)


def _known(name: str, value: str | None) -> None:
    key = f"set-{name}-{value}"
    options = [ANY, *known(name)]
    at = options.index(value) if value in options else 0
    st.selectbox(name, options, index=at, key=key, on_change=_setter(name, key))


def _range_chip(question: Question, shown: dict[str, Any], params: dict[str, str]) -> str:
    first, last = params.get("from") or shown.get("from"), params.get("to") or shown.get("to")
    if not first and not last:
        return "all data"
    return (
        f"from **{html.label(first or 'the start')}** to before **{html.label(last or 'the end')}**"
    )


def _range(shown: dict[str, Any], params: dict[str, str]) -> None:
    for name in ("from", "to"):
        value = params.get(name) or shown.get(name)
        key = f"set-{name}-{value}"
        st.date_input(
            "From, inclusive" if name == "from" else "To, not included",
            value=_day(value),
            key=key,
            on_change=_date_setter(name, key),
        )


def _date_setter(name: str, key: str) -> Callable[[], None]:
    def apply() -> None:
        chosen = st.session_state.get(key)
        set_param(name, chosen.isoformat() if isinstance(chosen, date) else None)

    return apply


def _where_chip(params: dict[str, str]) -> str:
    found = _conditions(params)
    if not found:
        return "Filter"
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"where **{html.label(_said(found[0]))}**{more}"


def _said(condition: dict[str, Any]) -> str:
    """A condition in words, with whose property it is where that is not the event's."""
    of = condition.get("of", "event")
    value = condition.get("value")
    parts = ("" if of == "event" else of, condition.get("property"), condition.get("op", "eq"))
    values = value if isinstance(value, list) else [] if value is None else [value]
    return " ".join([*(str(part) for part in parts if part), ", ".join(map(str, values))]).strip()


def _where(params: dict[str, str]) -> None:
    found = _conditions(params)
    for place, condition in enumerate(found):
        rest = found[:place] + found[place + 1 :]
        st.button(
            f"Remove {html.label(_said(condition))}",
            key=f"unset-where-{place}",
            icon=":material/close:",
            on_click=set_param,
            args=("where", rest),
        )
    with st.form("add-where", border=False):
        prop = st.text_input(
            "Property",
            max_chars=120,
            help="The name of a property, like plan; of an account also account_id, segment, revenue or mrr",
        )
        op = st.selectbox("Condition", OPERATORS)
        value = st.text_input("Value", max_chars=200)
        of = st.radio("Of the", OWNERS, horizontal=True)
        if st.form_submit_button("Add the filter", type="primary") and prop.strip():
            item: dict[str, Any] = {"property": prop.strip(), "op": op, "of": of}
            if op in ("in", "not_in"):
                item["value"] = [part.strip() for part in value.split(",")]
            elif op not in ("set", "not_set"):
                item["value"] = value
            set_param("where", [*found, item])
            st.rerun()


def _conditions(params: dict[str, str]) -> list[dict[str, Any]]:
    try:
        found = json.loads(params.get("where") or "[]")
    except ValueError:
        return []
    found = [found] if isinstance(found, dict) else found
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _names(value: Any) -> list[str]:
    events = known("event")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return [name for name in map(describe, value or []) if name in events]


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
