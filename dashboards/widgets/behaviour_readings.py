"""The headlines of the questions about behaviour: paths, drivers of retention, segments, changes, sensitivity.

Knows what the rows and summaries of these questions mean. Must not draw and must not compute a metric.
"""

from collections.abc import Callable

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.widgets import html, metric_words
from dashboards.widgets.html import Mark
from dashboards.widgets.reading import Reading, say

NOT_CAUSE = html.badge("Goes together, not cause", "quiet")


def _plain(text: object) -> Mark:
    return Mark("{}").format(text or "")


def _paths(answer: Answer) -> Reading:
    s = answer.summary
    words = "next" if s["direction"] == "next" else "before"
    if s["most_common"] is None:
        return Reading(
            label=f"What comes {words}",
            value="–",
            sentence=say("No session of the range has an event {} {}.", words, s["origin"]),
        )
    badges = (
        [html.badge(f"{formats.count(s['open_sessions'])} pending", "info")]
        if s["open_sessions"]
        else []
    )
    ended = "ended there" if s["direction"] == "next" else "began there"
    return Reading(
        label=f"Most common {words}: {s['most_common']}",
        value=formats.share(s["most_common_share"]),
        sentence=say(
            f"Of {{}} sessions of {{}} people with {{}}, {{}} had it right {'after' if s['direction'] == 'next' else 'before'}; {{}} {ended}.",
            formats.count(s["sessions"]),
            formats.count(s["actors"]),
            s["origin"],
            formats.share(s["most_common_share"]),
            formats.share(s["ended_share"]),
        ),
        evidence="A count of all sessions; repeats right after each other count once",
        badges=badges,
    )


def _drivers(answer: Answer) -> Reading:
    s = answer.summary
    badges = [NOT_CAUSE]
    if s["pending"]:
        badges.append(html.badge(f"{formats.count(s['pending'])} pending", "info"))
    clear = next((r for r in answer.rows if r["verdict"] == "goes together"), None)
    return Reading(
        label=f"Came back after {clear['event']}" if clear else "Came back, all",
        value=formats.share(clear["rate"] if clear else s["base_rate"]),
        sentence=_plain(s["sentence"]),
        evidence=f"{formats.count(s['beyond_chance'])} of {formats.count(s['tests'])} tests are beyond chance (Benjamini-Hochberg); {formats.count(s['actors'])} people",
        badges=badges,
    )


def _segments(answer: Answer) -> Reading:
    s, best = answer.summary, answer.rows[0]
    is_compared = s["segments"] > 1
    badges = (
        [html.badge("Beyond chance", "good")]
        if best["verdict"] == "higher than the rest"
        else [html.badge("No clear difference" if is_compared else "Nothing to compare", "quiet")]
    )
    if s["pending"]:
        badges.append(html.badge(f"{formats.count(s['pending'])} pending", "info"))
    kind = "mean" if s["kind"] == "mean" else "share"
    reach = (
        f"95% interval {formats.interval(best['ci_low'], best['ci_high'])}"
        if kind == "share"
        else f"95% interval {formats.number(best['ci_low'], 2)} to {formats.number(best['ci_high'], 2)}"
    )
    return Reading(
        label=f"Highest {s['dimension']}: {best['segment']}" if is_compared else "Everybody",
        value=metric_words.value(kind, best["value"]),
        sentence=_plain(s["sentence"]),
        evidence=f"{reach}; corrected by {str(s['correction']).replace('_', '-').title()}"
        if is_compared
        else reach,
        badges=badges,
    )


def _why_moved(answer: Answer) -> Reading:
    s = answer.summary
    kind, period = s["kind"], s["period"]
    usual = s["usual_change"]
    badges = [NOT_CAUSE]
    if usual is not None:
        badges.insert(
            0,
            html.badge("More than usual", "warn")
            if abs(s["change"]) > 2 * usual
            else html.badge("No more than usual", "quiet"),
        )
    first, last = (formats.period(s[f"{side}_start"], period) for side in ("before", "after"))
    return Reading(
        label=f"{metric_words.name(answer).capitalize()}, {last}",
        value=metric_words.value(kind, s["after"]),
        sentence=_plain(s["sentence"]),
        evidence=f"{formats.count(s['n_after'])} people in the base, {formats.count(s['n_before'])} before; mix {metric_words.change(kind, s['mix_effect'])}, rate {metric_words.change(kind, s['rate_effect'])}",
        badges=badges,
        change=metric_words.change(kind, s["change"]),
        compared_with=f"vs {metric_words.value(kind, s['before'])}, {first}",
    )


def _sensitivity(answer: Answer) -> Reading:
    s = answer.summary
    tests = {r["weeks"]: r for r in answer.rows if r["part"] == "test"}
    known = [r for r in tests.values() if r.get("mde_relative") is not None]
    shown = next((r for r in known if r["weeks"] == 4), known[-1] if known else None)
    cards = [
        (
            f"{weeks} weeks",
            formats.share(row.get("mde_relative")),
            f"{formats.count(row['units'])} people" if row["units"] is not None else "not measured",
        )
        for weeks, row in tests.items()
    ]
    cards.append(
        ("From week to week", formats.share(s["weekly_noise_relative"]), "moves by itself")
    )
    return Reading(
        label=f"Smallest change of {metric_words.name(answer)} that a test finds",
        value=formats.share(shown["mde_relative"]) if shown else "–",
        sentence=_plain(
            s["sentence"] or "No test of up to 8 weeks finds any change that is possible."
        ),
        evidence="Two-sided at the given alpha and power, two variants, relative to today's value",
        cards=cards,
    )


READERS: dict[str, Callable[[Answer], Reading]] = {
    "paths": _paths,
    "retention_drivers": _drivers,
    "segments": _segments,
    "why_moved": _why_moved,
    "metric_sensitivity": _sensitivity,
}
