"""The first thing a reader sees of an answer: the number, the sentence with both counts, how sure it is.

Knows what each question's rows and summary mean. Must not draw and must not compute a metric: it takes numbers that the
answer holds, at most divides two of them, and writes them with the one formatter.
"""

from collections.abc import Callable
from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.restated import lines, note
from dashboards.widgets import (
    behaviour_readings,
    funnel_readings,
    html,
    trust_readings,
    use_readings,
)
from dashboards.widgets.html import Mark
from dashboards.widgets.marks import restated
from dashboards.widgets.reading import Reading, say

# What an average that is not that of all people says of itself; it has no interval.
WEIGHED = {
    "mean": "Each cohort weighs the same, whatever its size",
    "mixpanel": "Each cohort weighs by the square of its size",
}


def read(answer: Answer) -> Reading:
    """The headline of any answer; a question without words of its own gets its first number."""
    reader = _READERS.get(answer.question, _any)
    return reader(answer)


def _interval(part: int | None, whole: int | None) -> str:
    if not part or not whole:
        return ""
    low, high = formats.wilson(part, whole)
    return f"95% interval {formats.interval(low, high)}"


def _retention(answer: Answer) -> Reading:
    s = answer.summary
    if s.get("retention") is None:
        return _retention_table(answer)
    cohort, month = formats.month(s["cohort_month"]), formats.month(s["month"])
    n, back = s["cohort_size"], s["retained"]
    cards = [
        (f"Day {k}", formats.share(s.get(f"d{k}")), f"n {formats.count(s.get(f'd{k}_size'))}")
        for k in (1, 7, 30)
    ]
    cards.append(
        (
            "Active again, all",
            formats.share(s.get("active_again_rate")),
            f"of {formats.count(s.get('active_month_before'))} active in {cohort}",
        )
    )
    return Reading(
        label="Month-1 retention",
        value=formats.share(s["retention"]),
        sentence=say(
            f"Of {{}} people first seen in {cohort}, {{}} were active again in {month}.",
            formats.count(n),
            formats.count(back),
        ),
        evidence=_interval(back, n),
        badges=[html.badge("Complete period", "quiet", "check")],
        cards=cards,
    )


def _retention_table(answer: Answer) -> Reading:
    average = [
        row for row in answer.rows if row["cohort_start"] is None and row["rate"] is not None
    ]
    unit = str(answer.params.get("unit") or "day")
    if not average:
        return _nothing(answer, "Retention")
    wanted = {"day": 7, "hour": 24}.get(unit, 1)
    row = min(average, key=lambda r: (abs(r["interval"] - wanted), r["interval"]))
    return Reading(
        label=f"{unit.capitalize()} {row['interval']} retention"
        + (f" of {row['breakdown']}" if row.get("breakdown") else ""),
        value=formats.share(row["rate"]),
        sentence=say(
            f"Of {{}} people in cohorts whose {unit} {row['interval']} is over, {{}} came back in it.",
            formats.count(row["cohort_size"]),
            formats.count(row["retained"]),
        ),
        evidence=WEIGHED.get(str(answer.params.get("average")))
        or _interval(row["retained"], row["cohort_size"]),
        badges=[html.badge("Complete cohorts only", "quiet", "check")],
    )


def _active_users(answer: Answer) -> Reading:
    done = [row for row in answer.rows if row["complete"]]
    if not done:
        return _nothing(answer, "Active people")
    if done[-1].get("breakdown") is not None:
        return use_readings.active_groups(answer, done)
    last, before = done[-1], done[-2] if len(done) > 1 else None
    period = str(answer.params.get("period") or "day")
    was = note(answer, "active", last["period_start"], period)
    change, versus = "", ""
    if before and before["active"]:
        change = formats.change_rate(last["active"] / before["active"] - 1)
        versus = f"vs {formats.count(before['active'])} the {period} before"
    day = formats.day(last["period_start"])
    when = f"on {day}" if period == "day" else f"in the {period} of {day}"
    trailing = (
        ("WAU", last["wau"], 7),
        ("MAU", last["mau"], answer.params.get("mau_days") or 28),
    )
    return Reading(
        label=f"Active people, {formats.period(last['period_start'], period)}",
        value=formats.count(last["active"]),
        sentence=say(
            f"{{}} people were active {when}; {{}} of them for the first time.",
            formats.count(last["active"]),
            formats.count(last["new"]),
        ),
        evidence="A count of all, no estimate",
        badges=[html.badge("Complete period", "quiet", "check"), *([restated(was)] if was else [])],
        cards=[
            (name, formats.count(people), f"in the {days} days to {day}")
            for name, people, days in trailing
            if people is not None
        ],
        change=change,
        compared_with=versus,
    )


def _feature_usage(answer: Answer) -> Reading:
    row = answer.summary if answer.params.get("breakdown") else answer.rows[0]
    name = answer.params.get("feature") or answer.params.get("event") or "this"
    share = row.get("share")
    return Reading(
        label=f"People who used {_words(name)}",
        value=formats.count(row["actors"]),
        sentence=say(
            "{} of {} active people used it, {} times in all.",
            formats.count(row["actors"]),
            formats.count(row.get("active_actors")),
            formats.count(row.get("events")),
        ),
        evidence=_interval(row["actors"], row.get("active_actors")),
        cards=[
            (
                "Share of active people",
                formats.share(share),
                f"of {formats.count(row.get('active_actors'))}",
            ),
            ("Events", formats.count(row.get("events")), "value events only"),
            (
                "Per person, median",
                formats.number(row.get("events_per_actor_median")),
                "events in the range",
            ),
        ],
    )


def _nps(answer: Answer) -> Reading:
    row = answer.rows[-1]
    badges = []
    if row.get("reportable") is False:
        badges.append(html.badge("Too few: under 30 responses", "quiet", "hidden"))
    margin = row.get("margin_of_error_95")
    return Reading(
        label="NPS" + (f", {_group(answer, row)}" if row.get("group") else ""),
        value=formats.number(row.get("nps"), 0),
        sentence=say(
            "{} promoters less {} detractors, of {} responses.",
            formats.count(row.get("promoters")),
            formats.count(row.get("detractors")),
            formats.count(row.get("n")),
        ),
        evidence=f"95% margin ± {formats.number(margin, 0)}" if margin is not None else "",
        badges=badges,
    )


def _group(answer: Answer, row: dict[str, Any]) -> str:
    unit = str(answer.params.get("group"))
    return formats.period(row["group"], unit) if unit in ("week", "month") else str(row["group"])


def _support(answer: Answer) -> Reading:
    row = answer.rows[0]
    return Reading(
        label="First reply, median",
        value=formats.duration_minutes(row.get("first_reply_median_minutes")),
        sentence=say(
            "{} tickets: {} solved, {} open, {} opened again.",
            formats.count(row.get("tickets")),
            formats.count(row.get("solved")),
            formats.count(row.get("open")),
            formats.count(row.get("reopened")),
        ),
        cards=[
            (
                "Solved, median",
                formats.duration_minutes(row.get("resolution_median_minutes")),
                "from creation",
            ),
            (
                "Solved, 9 of 10 within",
                formats.duration_minutes(row.get("resolution_p90_minutes")),
                "from creation",
            ),
        ],
    )


def _experiment(answer: Answer) -> Reading:
    s = answer.summary
    verdict = str(s.get("verdict") or "no verdict")
    rows = [row for row in answer.rows if row.get("lift_relative") is not None]
    badges = []
    if s.get("srm_alarm"):
        badges.append(html.badge("Sample ratio is off", "bad"))
    elif s.get("srm_p_value") is not None:
        badges.append(
            html.badge(
                f"Sample ratio fine, p {formats.number(s['srm_p_value'], 2)}", "quiet", "check"
            )
        )
    lead = rows[0] if rows else None
    reasons = s.get("reasons") or []
    return Reading(
        label=f"Lift in {_words(lead['metric'])}" if lead else "Verdict",
        value=formats.change_rate(lead["lift_relative"]) if lead else _words(verdict),
        sentence=say("Verdict: {}.", _words(verdict))
        + Mark(" ")
        + Mark("{}").format(". ".join(map(str, reasons))),
        evidence=(
            f"95% interval of the lift {formats.change_rate(lead['ci_low'])} to {formats.change_rate(lead['ci_high'])}, p {formats.number(lead['p_value'], 3)}"
            if lead and lead.get("ci_low") is not None and lead.get("p_value") is not None
            else ""
        ),
        badges=badges,
    )


def _stickiness(answer: Answer) -> Reading:
    s = answer.summary
    unit = str(answer.params.get("unit") or "day")
    if s.get("dau_over_mau") is None:
        return Reading(
            label="DAU over MAU",
            value="–",
            sentence=say(
                "Nobody was active in the last 28 days of the range; {} people were in all of it.",
                formats.count(s.get("actors")),
            ),
        )
    return Reading(
        label="DAU over MAU",
        value=formats.share(s["dau_over_mau"]),
        sentence=say(
            "{} people are active on a mean day of the last 28, {} in all of them.",
            formats.number(s["mean_dau_28"]),
            formats.count(s["mau_28"]),
        ),
        evidence=f"{formats.count(s.get('actors'))} people were active on at least one {unit} of the range",
        badges=[html.badge("Complete days only", "quiet", "check")],
    )


def _lifecycle(answer: Answer) -> Reading:
    done = [row for row in answer.rows if row.get("complete", True)]
    if not done:
        return _nothing(answer, "Growth")
    row, period = done[-1], str(answer.params.get("period") or "day")
    active = (row["new"] or 0) + (row["current"] or 0) + (row["resurrected"] or 0)
    gained = (row["new"] or 0) + (row["resurrected"] or 0) - abs(row["dormant"] or 0)
    return Reading(
        label=f"Net change, {formats.period(row['period_start'], period)}",
        value=formats.change_count(gained),
        sentence=say(
            "{} new and {} back after a pause, {} gone; {} people were active.",
            formats.count(row["new"]),
            formats.count(row["resurrected"]),
            formats.count(abs(row["dormant"] or 0)),
            formats.count(active),
        ),
        evidence="A count of all, no estimate",
        badges=[html.badge("Complete period", "quiet", "check")],
    )


def _sessions(answer: Answer) -> Reading:
    s = answer.summary
    return Reading(
        label="Session, median",
        value=formats.duration(s.get("median_seconds")),
        sentence=say(
            "{} sessions by {} people, {} events in each on average.",
            formats.count(s.get("sessions")),
            formats.count(s.get("actors")),
            formats.number(s.get("events_per_session"), 1),
        ),
        evidence=f"mean {formats.duration(s.get('mean_seconds'))}",
    )


def _restatements(answer: Answer) -> Reading:
    s = answer.summary
    if not answer.rows:
        return _nothing(answer, "Restated numbers")
    newest = [row for row in answer.rows if row["version"] == s["last_version"]]
    (line, *more) = lines(newest)
    others = f" {formats.count(len(more))} more numbers changed with it." if more else ""
    return Reading(
        label="Restated numbers",
        value=formats.count(s["restatements"]),
        sentence=say("The last in {}: {}.", s["last_version"], line.sentence) + Mark(others),
        evidence=f"in {formats.count(s['versions'])} version{'s' if s['versions'] > 1 else ''}; only closed periods are compared",
    )


def _listed(answer: Answer) -> Reading:
    return Reading(
        label=_words(answer.question).capitalize(),
        value=formats.count(len(answer.rows)),
        sentence=say("{} rows, newest or largest first.", formats.count(len(answer.rows))),
    )


def _any(answer: Answer) -> Reading:
    for name, value in answer.summary.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            unit = "rate" if name.endswith(("rate", "share")) else None
            return Reading(
                label=_words(name).capitalize(),
                value=formats.value(value, unit),
                sentence=say("{} rows in this answer.", formats.count(len(answer.rows))),
            )
    return Reading(
        label="Rows",
        value=formats.count(len(answer.rows)),
        sentence=say("{} rows in this answer.", formats.count(len(answer.rows))),
    )


def _nothing(answer: Answer, label: str) -> Reading:
    return Reading(
        label=label, value="–", sentence=say("No complete period yet, {} rows.", len(answer.rows))
    )


def _words(name: object) -> str:
    return str(name).replace("_", " ")


_READERS: dict[str, Callable[[Answer], Reading]] = {
    "retention": _retention,
    "active_users": _active_users,
    "feature_usage": _feature_usage,
    "nps": _nps,
    "support_times": _support,
    "experiment_result": _experiment,
    "stickiness": _stickiness,
    "lifecycle": _lifecycle,
    "sessions": _sessions,
    "prior_experiments": _listed,
    **trust_readings.READERS,
    **use_readings.READERS,
    **funnel_readings.READERS,
    **behaviour_readings.READERS,
    "glossary": _listed,
    "data_health": _listed,
    "restatements": _restatements,
    "kpis": _listed,
}
