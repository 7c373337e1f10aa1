"""The one page of a snapshot, as HTML for mail and as PDF for print, from the same texts.

Knows the layout. Must not compute: it places texts that headlines and sentences have written. Nothing remote, no
script, system fonts; everything that comes from data is escaped.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from dashboards import wording
from dashboards.freshness import is_late
from dashboards.published import Published
from dashboards.snapshots import periods, sentences
from dashboards.snapshots.headlines import Headline
from dashboards.snapshots.periods import Period

HERE = Path(__file__).resolve().parent
SIGNS = {"good": "✓", "warn": "!", "bad": "✗", "held": "‖", "info": "…", "quiet": "="}


def condition(published: Published, period: Period) -> tuple[str, list[str]]:
    """Whether the inputs are complete, and the sentences that a reader must see before the numbers."""
    notices = []
    state = "complete"
    day = periods.data_day(published)
    zone = str(published.settings["timezone"])
    # a quarter that is over says of each source until when it tells; what is late today is none of its business
    late = [] if period.is_quarter else _late(published)
    if late:
        state = "stale"
        notices.append(f"Stale: {'; '.join(late)}. Numbers that need these sources stop there.")
    if reason := _held(published):
        state = "held"
        notices.append(
            f"Held: {reason} This page shows the last good version, {published.version}."
        )
    if day is None or day <= period.last:
        state = "delayed"
        through = (
            wording.instant(published.data_through, zone)
            if published.data_through
            else "nowhere yet"
        )
        notices.insert(
            0,
            f"Delayed: data reaches {through}; the period runs to {wording.day(period.last)}. {period.while_open}",
        )
    return state, notices


def html(
    published: Published, period: Period, found: list[Headline], state: str, notices: list[str]
) -> str:
    """The page as one HTML document without any outside resource."""
    return html_of("paper.html.j2", _content(published, period, found, state, notices))


def pdf(
    published: Published, period: Period, found: list[Headline], state: str, notices: list[str]
) -> bytes:
    """The page as PDF, tagged, one sheet of A4."""
    return pdf_of("paper.typ", _content(published, period, found, state, notices))


def html_of(template: str, content: dict[str, Any]) -> str:
    """A page of texts as HTML; everything in it is escaped."""
    return str(_environment().get_template(template).render(**content))


def pdf_of(template: str, content: dict[str, Any]) -> bytes:
    """The same texts as tagged PDF."""
    import typst

    return bytes(typst.compile(HERE / template, sys_inputs={"content": json.dumps(content)}))


def _content(
    published: Published, period: Period, found: list[Headline], state: str, notices: list[str]
) -> dict[str, Any]:
    return {
        "title": period.title,
        "period": period.text,
        "company": str(published.settings.get("company") or ""),
        "version": published.version,
        "state": state,
        "notices": notices,
        "summary": sentences.summary(found),
        "rows": [_row(h) for h in found],
        "changes": [
            {"size": s.size, "text": s.text, "evidence": s.evidence}
            for s in sentences.changed(found)
        ],
        "to_do": sentences.to_do(found),
        "certainty": sentences.certainty(found),
        "footer": footer(published),
    }


def _row(h: Headline) -> dict[str, str]:
    if h.is_withheld:
        detail = h.reason
    else:
        detail = " · ".join(part for part in (h.interval_text, h.n_text) if part)
    return {
        "id": h.id,
        "label": h.label,
        "period": h.period_text,
        "value": h.text,
        "change": h.change_text or wording.NONE,
        "target": h.target_text or wording.NONE,
        "trend": "" if h.is_withheld else spark(h.trend, h.target),
        "trend_text": _trend_text(h),
        "detail": detail,
        "status": h.status,
        "sign": "–" if h.is_withheld else SIGNS[h.state],
        "state": h.state,
    }


def spark(values: tuple[float, ...], target: float | None) -> str:
    """A trend line as SVG; our own numbers only, no text."""
    if len(values) < 2:
        return ""
    reach = [*values, *([target] if target is not None else [])]
    low, high = min(reach), max(reach)
    span = (high - low) or 1.0
    step = 88 / (len(values) - 1)
    places = [(3 + i * step, 20 - 17 * (value - low) / span) for i, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashed = ""
    if target is not None:
        y = 20 - 17 * (target - low) / span
        dashed = f'<line x1="2" x2="92" y1="{y:.1f}" y2="{y:.1f}" stroke="#868c98" stroke-dasharray="3 2"/>'
    x, y = places[-1]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="94" height="23" viewBox="0 0 94 23" aria-hidden="true">'
        f'{dashed}<polyline points="{line}" fill="none" stroke="#3a55c9" stroke-width="1.6"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="#3a55c9"/></svg>'
    )


def _trend_text(h: Headline) -> str:
    if h.is_withheld or len(h.trend) < 2:
        return ""
    return {1: "up", -1: "down", 0: "level"}[h.direction]


def footer(published: Published) -> str:
    """Until when the data goes, how it was tested, what was left out, and the version."""
    zone = str(published.settings["timezone"])
    parts = []
    if published.data_through is not None:
        parts.append(f"Data through {wording.instant(published.data_through, zone)} {zone}")
    tests = published.definitions.get("tests") or {}
    passed, failed = tests.get("passed") or 0, tests.get("failed") or 0
    if passed or failed:
        parts.append(f"{wording.count(passed)} of {wording.count(passed + failed)} tests passed")
    rows = _health(published)
    seen = sum(int(row["records_seen"] or 0) for row in rows)
    held_back = sum(int(row["quarantined"] or 0) for row in rows)
    if seen:
        parts.append(
            f"{wording.share(held_back / seen, 2)} of {wording.count(seen)} records in quarantine"
        )
    parts.append("Internal, test and bot people are left out")
    parts.append(f"Version {published.version}")
    return " · ".join(parts)


def _health(published: Published) -> list[dict[str, Any]]:
    from dashboards.answer import UsageError
    from dashboards.ask import ask

    try:
        return ask(published, "data_health").rows
    except UsageError:
        return []


def _late(published: Published) -> list[str]:
    if published.data_through is None:
        return []
    zone = str(published.settings["timezone"])
    found = []
    for row in _health(published):
        if is_late(row, published):
            found.append(f"{row['source']} stops at {wording.instant(row['last_event_at'], zone)}")
    return found


def _held(published: Published) -> str:
    held = published.definitions.get("held")
    marker = published.folder.parent.parent / "held.json"
    if not held and marker.is_file():
        try:
            held = json.loads(marker.read_text(encoding="utf-8"))
        except ValueError:
            return "a gate stopped the newest build and its reason could not be read."
    if not held:
        return ""
    if isinstance(held, dict):
        return f"gate “{held.get('gate') or held.get('name') or 'unnamed'}” did not pass: {held.get('message') or 'no reason given'}."
    return f"{held}."


@functools.cache
def _environment() -> Any:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
