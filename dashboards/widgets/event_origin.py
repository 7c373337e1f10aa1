"""Where an event comes from and where it goes: spellings, sources, platforms and versions, models, ends.

Knows a row of `event_trust` and the rows of `event_uses`. Must not compute a number.
"""

from __future__ import annotations

from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.widgets import html
from dashboards.widgets.html import Mark


def lineage(row: dict[str, Any], uses: Answer) -> None:
    """From the spellings that arrive, over the models, to what people read."""
    html.show(html.section("Where it comes from and where it goes"))
    spelled = [
        Mark("{} <span class=\"po-small\">{}</span>").format(
            html.code(formats.short(part["name"])), formats.count(part["events"])
        )
        for part in (row["spellings"] or [])[:6]
    ] + [
        Mark('{} <span class="po-small">never arrived</span>').format(html.code(formats.short(name)))
        for name in (row["unseen_spellings"] or [])[:3]
    ]  # fmt: skip
    models = [html.code(use["name"]) for use in uses.rows if use["kind"] == "model"]
    ends = [
        Mark("{}").format(use["label"] if use["kind"] == "kpi" else use["name"].replace("_", " "))
        for use in uses.rows
        if use["kind"] in ("kpi", "question", "experiment")
    ]
    stages = (
        ("Arrives as", spelled or [Mark("nothing has arrived")]),
        ("Is called", [html.code(formats.short(row["event"]))]),
        ("Goes through", models[:8] or [Mark("this version carries no lineage")]),
        ("Ends in", ends[:10] or [Mark("no KPI and no question")]),
    )
    body = Mark("").join(
        Mark('<div><div class="po-k">{}</div><ul>{}</ul></div>').format(
            heading, Mark("").join(Mark("<li>{}</li>").format(item) for item in items)
        )
        for heading, items in stages
    )
    html.show(html.wrap(Mark('<div class="po-stages">{}</div>').format(body)))


def arrival(row: dict[str, Any]) -> None:
    """By source, platform, version and spelling: how much, how clean, from when to when."""
    lines = []
    for heading, column in (
        ("Source", "sources"),
        ("Platform", "platforms"),
        ("Version", "versions"),
        ("Spelling", "spellings"),
    ):
        parts = row[column] or []
        if len(parts) == 1 and not parts[0]["name"]:
            continue  # no event says its platform or version
        lines += [
            (
                heading,
                formats.short(part["name"] or "not said"),
                formats.day(part["first_on"]),
                formats.day(part["last_on"]),
                formats.count(part["events"]),
                formats.share(part["violations"] / part["events"]),
            )
            for part in parts[:8]
        ]
    if lines:
        html.show(html.section("How it arrives", "Events of the asked days"))
        heads = ("By", "", "First", "Last", "Events", "Break a rule")
        html.show(html.wrap(html.table(heads, lines, frozenset({4, 5}), caption="How it arrives")))
