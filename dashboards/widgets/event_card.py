"""The card beside an event's days: what the plan says of it, and who uses it.

Knows a row of `event_trust` and the rows of `event_uses`. Must not compute a number.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.widgets import event_words, html
from dashboards.widgets.html import Mark

KINDS = {
    "kpi": "KPIs",
    "question": "Questions",
    "page": "Pages",
    "snapshot": "Snapshots",
    "experiment": "Experiments",
}


def facts(row: dict[str, Any]) -> None:
    """What the plan says of the event."""
    parts = [text for text in (row["area"], row["feature"]) if text]
    plan: list[tuple[str, object]] = [
        ("Status", html.row([event_words.status(row), Mark("<span>{}</span>").format(_dates(row))])),
        ("Owner", row["owner"] or "nobody: who would fix it?"),
        ("Area", " · ".join(str(part).replace("_", " ") for part in parts) or formats.NONE),
        ("Sent when", row["trigger"]),
        ("To answer", row["question"]),
        ("Counts as", _counts_as(row)),
        ("Version", row["version"]),
        ("Review by", formats.day(row["review_by"]) if row["review_by"] else None),
        ("Use instead", event_words.link(row["replacement"]) if row["replacement"] else None),
        (
            "Not from",
            ", ".join(row["missing_platforms"] or []) if row["missing_platforms"] else None,
        ),
    ]  # fmt: skip
    html.show(html.wrap(html.pairs([item for item in plan if item[1] not in (None, "")])))


def _dates(row: dict[str, Any]) -> str:
    words = (
        ("planned for", row["planned_for"] if row["status"] == "planned" else None),
        ("since", row["live_from"]),
        ("ends", row["deprecated_from"] or row["removed_from"]),
    )
    return ", ".join(f"{word} {formats.day(day)}" for word, day in words if day)


def _counts_as(row: dict[str, Any]) -> str | None:
    if row["status"] in ("unplanned", "system"):
        return None
    found = ["activity"] if row["counts_as_active"] else []
    if row["value_event"]:
        found.append(f"value of {str(row['feature'] or 'the product').replace('_', ' ')}")
    return " and ".join(found) or "neither activity nor value"


def users(uses: Answer) -> None:
    """KPIs, questions, pages, snapshots and experiments that take the event, and who asked about it."""
    html.show(html.section("Who uses it", level=3))
    groups = []
    for kind, heading in KINDS.items():
        rows = [row for row in uses.rows if row["kind"] == kind]
        if rows:
            items = Mark("").join(Mark("<li>{}</li>").format(_use(row)) for row in _first(rows))
            more = len(rows) - len(_first(rows))
            if more:
                items += Mark("<li>{}</li>").format(f"and {more} more")
            groups.append(
                Mark('<div><div class="po-k">{}</div><ul>{}</ul></div>').format(heading, items)
            )
    if not groups:
        html.show(html.note("No KPI, question, page or experiment takes it."))
        return
    html.show(html.wrap(Mark('<div class="po-uses">{}</div>').format(Mark("").join(groups))))


def _first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What people asked about it by name first, then what stands on pages."""
    ranked = sorted(rows, key=lambda row: -(row["asks"] or 0))
    return ranked[:4]


def _use(row: dict[str, Any]) -> Mark:
    label = formats.short(row["label"], 70)
    if row["kind"] == "question":
        label = Mark('<a href="answers?{}" target="_self">{}</a>').format(
            urlencode({"q": row["name"]}), label
        )
    if not row["asks"]:
        return Mark("{}").format(label)
    who = f"{formats.count(row['pms'])} PMs" if row["pms"] else row["reason"] or "nobody we know"
    return Mark('{} <span class="po-small">asked {} times, last {}, by {}</span>').format(
        label, formats.count(row["asks"]), formats.day(row["last_asked_at"]), who
    )
