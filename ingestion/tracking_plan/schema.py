"""The form of the plan's files as JSON Schema, so that an editor completes and marks while somebody writes.

Knows: how each kind of form is said in JSON Schema (draft 2020-12). Must not know: any key by name.
A schema sees one file and no other: what files say of each other is found by `taxonomy check`.
"""

from __future__ import annotations

from typing import Any

from ingestion.declarations import VERSION_TEXT, Form, ListOf, MapOf, OneOf, Scalar
from ingestion.tracking_plan.forms import EVENT_FORM, FILE_FORM

Schema = dict[str, Any]
SCALARS: dict[str, Schema] = {
    # An id that YAML takes for a number is still the text that was written.
    "text": {"type": ["string", "number"]},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "version": {
        "type": ["integer", "string"],
        "minimum": 0,
        "pattern": f"^{VERSION_TEXT.pattern}$".replace(r"\d", "[0-9]"),
    },
    "anything": {},
}


def json_schema() -> Schema:
    """The schema of one file of a tracking plan."""
    event = _form(EVENT_FORM)
    file = _form(FILE_FORM)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tracking plan",
        "description": "Events by name: what is tracked, why, by whom, and how each tool spells it.",
        **file,
        "additionalProperties": _or_empty({"$ref": "#/$defs/event"}),
        "$defs": {"event": event},
    }


def _of(form: Any) -> Schema:
    if isinstance(form, Scalar):
        return _scalar(form)
    if isinstance(form, ListOf):
        items = _of(form.item)
        several = {"type": "array", "items": items}
        return {"anyOf": [items, several]} if form.or_single else several
    if isinstance(form, MapOf):
        item = _of(form.item)
        return {
            "type": "object",
            "additionalProperties": _or_empty(item) if form.or_empty else item,
        }
    if isinstance(form, OneOf):
        return {"anyOf": [_of(option) for option in form.forms]}
    return _form(form)


def _form(form: Form) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": {key: _key(form, key) for key in form.keys},
        "additionalProperties": False,
    }
    if form.required:
        schema["required"] = list(form.required)
    return schema


def _key(form: Form, key: str) -> Schema:
    schema = _of(form.keys[key])
    said = {"description": form.about[key]} if key in form.about else {}
    # A key that nothing follows is as good as a key that is not there.
    return {**said, **(schema if key in form.required else _or_empty(schema))}


def _scalar(form: Scalar) -> Schema:
    if form.choices:
        return {"enum": list(form.choices)}
    schema = dict(SCALARS[form.kind])
    if form.minimum is not None:
        schema["minimum"] = form.minimum
    return schema


def _or_empty(schema: Schema) -> Schema:
    if not schema:
        return schema
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if set(schema) == {"anyOf"}:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return {**schema, "type": [*kinds, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}
