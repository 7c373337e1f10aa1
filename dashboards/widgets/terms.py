"""Features and properties as a table: what each means, its type, its values, where it is.

Knows the rows of the question `glossary`. Must not compute a number.
"""

from __future__ import annotations

import json
from typing import Any

from dashboards import wording as formats
from dashboards.widgets import event_words, html
from dashboards.widgets.html import Mark


def table(rows: list[dict[str, Any]], is_of_one_event: bool = False) -> Mark:
    """Terms of the glossary as a table."""
    lines = []
    for row in rows:
        line: list[object] = [
            html.code(formats.short(row["name"])),
            formats.short(row["meaning"] or _no_meaning(row), 160),
            " ".join(text for text in (row["type"] or "", row["unit"] or "") if text) or formats.NONE,
            _values(row),
            _class(row),
        ]  # fmt: skip
        if not is_of_one_event:
            line.append(_events(row["events"] or []))
            line.append(row["owner"] or formats.NONE)
        lines.append(line)
    heads = ["Name", "Meaning", "Type", "Values", "Personal data"]
    return html.table(
        heads if is_of_one_event else [*heads, "Events", "Owner"],
        lines,
        caption=f"{formats.count(len(rows))} terms",
    )


def _no_meaning(row: dict[str, Any]) -> str:
    return "No meaning written yet" if row["is_declared"] is not False else "Not in the plan"


def _values(row: dict[str, Any]) -> str:
    allowed = json.loads(row["allowed"] or "[]")
    words = ", ".join(formats.short(value, 24) for value in allowed[:6])
    if len(allowed) > 6:
        words += f" and {len(allowed) - 6} more"
    return words + (" (required)" if row["is_required"] else "")


def _class(row: dict[str, Any]) -> object:
    if row["kind"] == "feature" or row["pii_class"] in (None, ""):
        return formats.NONE
    return "none" if row["pii_class"] == "none" else html.badge(str(row["pii_class"]), "warn")


def _events(names: list[str]) -> Mark:
    shown = Mark(", ").join(event_words.link(name, 40) for name in names[:3])
    return shown + (Mark(" and {} more").format(len(names) - 3) if len(names) > 3 else Mark(""))
