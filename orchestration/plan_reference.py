"""The tracking plan's keys as a page for people and as a schema for editors.

Knows: how to write down the forms of the plan. Holds no text that a form could hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def schema_text() -> str:
    """The JSON Schema of the plan's files."""
    from ingestion.tracking_plan.schema import json_schema

    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


def tables() -> Iterator[tuple[str, str, list[tuple[str, str, str]]]]:
    """Title, introduction and rows (key, what it may hold, meaning) of each form."""
    from ingestion.tracking_plan import forms

    for title, said, form in (
        ("An event", "Below its name.", forms.EVENT_FORM),
        ("A property", "Below its name, in an event or shared.", forms.PROPERTY_FORM),
        ("`counted_from`", "Either `one_of`, or `match` with `prefer`.", forms.COUNTED_FROM_FORM),
        ("A period of `one_of`", "Days are in the reporting zone.", forms.PERIOD_FORM),
        ("A feature", "Below its key.", forms.FEATURE_FORM),
        ("The whole plan", "Keys of a file that are no events.", forms.FILE_FORM),
        ("`rules`", "The mode of each: observe, warn or quarantine.", forms.RULES_FORM),
    ):
        rows = [(f"`{key}`", _holds(form.keys[key]), form.about.get(key, "")) for key in form.keys]
        yield title, said, rows


def _holds(form: Any) -> str:
    from ingestion.declarations import ListOf, MapOf, Scalar

    if isinstance(form, Scalar):
        return ", ".join(form.choices) if form.choices else form.kind
    if isinstance(form, ListOf):
        return f"list of {_holds(form.item)}" + (", or one" if form.or_single else "")
    if isinstance(form, MapOf):
        return f"mapping to {_holds(form.item)}"
    return "mapping of keys"
