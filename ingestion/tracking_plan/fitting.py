"""What the files of a plan say wrongly, alone or of each other, before there is a plan.

Knows: the forms, and what a form cannot say. Must not know: how a plan becomes values, whether it is wise (lint).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingestion.declarations import Document, Place, Problem, check, nearest
from ingestion.tracking_plan import forms

# The file and the body of each shared definition, by property.
Shared = dict[str, tuple[Document, dict[str, Any]]]


def misfits(document: Document) -> Iterator[Problem]:
    """What one file says that does not fit its form."""
    if not isinstance(document.value, dict):
        yield document.problem((), "must map event names to events, e.g. `report_published:`")
        return
    for name, body in document.value.items():
        if body is None:
            continue
        form = forms.RESERVED.get(name, forms.EVENT_FORM)
        found = check(document, form, (name,))
        yield from found
        if found:
            continue
        if name == forms.COUNTED_FROM_KEY:
            yield from _unfit_counted_from(document, body, (name,))
        elif name not in forms.RESERVED and body.get("counted_from") is not None:
            yield from _unfit_counted_from(document, body["counted_from"], (name, "counted_from"))


def _unfit_counted_from(
    document: Document, body: dict[str, Any], place: Place
) -> Iterator[Problem]:
    if ("one_of" in body) == ("match" in body):
        message = "`counted_from` needs either `one_of` (a source per period) or `match` (a property) with `prefer`"
        yield document.problem(place, message)
    elif "one_of" in body and "prefer" in body:
        message = "`prefer` belongs to `match`; the order of `one_of` is that of its periods"
        yield document.problem((*place, "prefer"), message)
    elif not body.get("one_of" if "one_of" in body else "prefer"):
        message = "`counted_from` names no source; write the ones that count"
        yield document.problem(place, message)


def collect_shared(documents: list[Document], shared: Shared) -> Iterator[Problem]:
    """Fills `shared` from all files; gives what is shared twice or without a type."""
    for document in documents:
        for name, body in (document.value.get(forms.PROPERTIES_KEY) or {}).items():
            place = (forms.PROPERTIES_KEY, name)
            if name in shared:
                other = shared[name][0]
                message = f"property `{name}` is already shared in {other.file.name}:{other.line(place)}; keep one"
                yield document.problem(place, message)
            elif not body.get("type"):
                yield document.problem(place, f"`{name}` needs the key `type`")
            else:
                shared[name] = (document, body)


def said_twice(documents: list[Document]) -> Iterator[Problem]:
    """What speaks for the whole plan in more than one file."""
    first: dict[str, Document] = {}
    for document in documents:
        for key in forms.ONCE:
            if document.value.get(key) is None:
                continue
            other = first.setdefault(key, document)
            if other is not document:
                where = f"{other.file.name}:{other.line((key,))}"
                message = f"`{key}` speaks for the whole plan and is already in {where}; keep one"
                yield document.problem((key,), message)


def unfit_properties(document: Document, shared: Shared) -> Iterator[Problem]:
    """Properties of events without a type, or of another type than the shared one."""
    for event, body in events_of(document):
        for name, entry in (body.get("properties") or {}).items():
            place = (event, "properties", name)
            own = (entry or {}).get("type")
            if name not in shared:
                if not own:
                    fix = f" {nearest(name, shared)}" if shared else ""
                    message = f"`{name}` needs the key `type`, or a definition under the top-level `properties`;{fix}"
                    yield document.problem(place, message.rstrip(";"))
                continue
            other, definition = shared[name]
            if own and str(own).lower() != str(definition["type"]).lower():
                where = f"{other.file.name}:{other.line((forms.PROPERTIES_KEY, name))}"
                message = f"`{name}` is shared as {definition['type']} ({where}) and cannot be {own} here; leave `type` out, or give this one another name"
                yield document.problem((*place, "type"), message)


def events_of(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and body of each event of a file."""
    for name, body in document.value.items():
        if name not in forms.RESERVED:
            yield name, body or {}
