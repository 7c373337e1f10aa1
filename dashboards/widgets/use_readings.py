"""The headlines of the questions about use: groups of active people, adoption, activation, concentration, churn, launches.

Knows what the rows and summaries of these questions mean. Must not draw and must not compute a metric.
"""

from collections.abc import Callable
from typing import Any

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.widgets import html
from dashboards.widgets.reading import Reading, say

NOT_CAUSE = html.badge("Goes together, not cause", "quiet")


def _interval(low: Any, high: Any) -> str:
    return f"95% interval {formats.interval(low, high)}" if low is not None else ""


def _pending(count: int | None) -> list[Any]:
    return [html.badge(f"{formats.count(count)} pending", "info")] if count else []


def active_groups(answer: Answer, done: list[dict[str, Any]]) -> Reading:
    """The whole of the last complete period, and its largest group."""
    s, period = answer.summary, str(answer.params.get("period") or "day")
    start = str(s["last_complete_period"])
    groups = [row for row in done if str(row["period_start"]) == start]
    largest = max(groups, key=lambda row: row["active"])
    return Reading(
        label=f"Active people, {formats.period(start, period)}",
        value=formats.count(s["active"]),
        sentence=say(
            "{} people were active; {} of them in the largest of {} groups, {}.",
            formats.count(s["active"]),
            formats.count(largest["active"]),
            formats.count(len(groups)),
            largest["breakdown"],
        ),
        evidence="A count of all, no estimate; each person is in one group of a period",
        badges=[html.badge("Complete period", "quiet", "check")],
    )


def _adoption(answer: Answer) -> Reading:
    s = answer.summary
    name = str(s.get("feature") or s.get("event") or "it").replace("_", " ")
    rows = {row["stage"]: row for row in answer.rows}
    adopted, tried, retained = (rows[stage] for stage in ("adopted", "tried", "retained"))
    return Reading(
        label=f"Adopted {name}",
        value=formats.share(adopted["share"]),
        sentence=say(
            "Of {} people whose 28 days are over, {} used it on two days.",
            formats.count(adopted["matured"]),
            formats.count(adopted["matured_reached"]),
        ),
        evidence=f"{_interval(adopted['ci_low'], adopted['ci_high'])} · live since {formats.day(s['launched_on'])}, by {s['launch_known_by']}",
        badges=_pending(adopted["pending"]),
        cards=[
            (
                "Tried it",
                formats.share(tried["share"]),
                f"of {formats.count(tried['matured'])} eligible",
            ),
            (
                "Used again, days 29–56",
                formats.share(retained["share"]),
                f"of {formats.count(retained['matured'])} whose days are over",
            ),
            (
                "Days to first use, median",
                formats.number(s.get("median_days_to_first_use")),
                f"of {formats.count(tried['actors'])} who tried",
            ),
        ],
    )


def _activation(answer: Answer) -> Reading:
    s, days = answer.summary, answer.params["days"]
    return Reading(
        label=f"Activated within {days} days",
        value=formats.share(s["share"]),
        sentence=say(
            f"Of {{}} new people whose {days} days are over, {{}} met all criteria in time.",
            formats.count(s["matured"]),
            formats.count(s["matured_activated"]),
        ),
        evidence=_interval(s["ci_low"], s["ci_high"]),
        badges=_pending(s["pending"]),
        cards=[
            ("Time to activate, median", formats.duration(s["median_seconds"]), "of those who did"),
            ("9 of 10 within", formats.duration(s["p90_seconds"]), "of those who did"),
            *(
                (
                    f"Met: {c['name']}",
                    formats.share(c["share"]),
                    f"{formats.count(c['actors'])} people",
                )
                for c in s["criteria"][:3]
                if len(s["criteria"]) > 1
            ),
        ],
    )


def _power_users(answer: Answer) -> Reading:
    s = answer.summary
    top = next((t for t in s["tops"] if t["percent"] == 10), None)
    if top is None:
        return Reading("Power users", "–", say("{} people were active in the range.", 0))
    return Reading(
        label="Power users",
        value=formats.share(s["power_user_share"]),
        sentence=say(
            f"{{}} of {{}} active people were active on at least {s['power_threshold_days']} of {s['days']} days; "
            "the 10% with the most events hold {} of all events.",
            formats.count(s["power_users"]),
            formats.count(s["actors"]),
            formats.share(top["share"]),
        ),
        evidence=_interval(s["power_user_ci_low"], s["power_user_ci_high"]),
        cards=[
            ("Active days, median", formats.number(s["median_active_days"]), f"of {s['days']}"),
            (
                "Gini of events",
                formats.number(s["gini_events"], 2),
                "0 all the same, near 1 one has all",
            ),
            ("Gini of active days", formats.number(s["gini_active_days"], 2), "the same for days"),
        ],
    )


def _churn(answer: Answer) -> Reading:
    s = answer.summary
    many = "accounts" if answer.params.get("unit") == "account" else "people"
    back = {row["state"]: row for row in s.get("looking_back", ())}
    cards = [
        ("Active as usual", formats.count(s["active"]), many),
        ("Left", formats.count(s["left"]), formats.share(s["left_share"])),
        ("Too new to say", formats.count(s["too_new"]), "no rhythm of their own yet"),
    ]
    if "at_risk" in back:
        then = back["at_risk"]
        others = back.get("active")
        versus = f", of the others {formats.share(others['share'])}" if others else ""
        cards.append(
            (
                "The rule, looking back",
                formats.share(then["share"]),
                f"of {formats.count(then['units'])} at risk then are silent since{versus}",
            )
        )
    return Reading(
        label="About to leave",
        value=formats.count(s["at_risk"]),
        sentence=say(
            f"Of {{}} {many} active before {formats.day(s['judged_on'])}, {{}} are quieter than their own rhythm and {{}} left.",
            formats.count(s["units"]),
            formats.count(s["at_risk"]),
            formats.count(s["left"]),
        ),
        evidence=f"left: {_interval(s['left_ci_low'], s['left_ci_high'])}",
        badges=[html.badge("Named by key only", "quiet", "hidden")],
        cards=cards,
    )


_VERDICTS = {"up": "Up beyond chance", "down": "Down beyond chance"}
_BEYOND = {
    "no clear change": "Not clearly more than it grew before",
    "up": "More than it grew before",
    "down": "Less than it grew before",
}


def _launch(answer: Answer) -> Reading:
    s = answer.summary
    totals = {row["comparison"]: row for row in answer.rows if row["day"] is None}
    whole = totals["everyone"]
    many = "events" if s["measure"] == "events" else "people active"
    badges = [html.badge(_VERDICTS.get(s["verdict"], str(s["verdict"]).capitalize()), "quiet")]
    if s["verdict"] in _VERDICTS and s["beyond_trend"] in _BEYOND:
        badges.append(html.badge(_BEYOND[s["beyond_trend"]], "quiet"))
    cards = [
        (name.capitalize(), _moved(row), _of_whom(name, row))
        for name, row in totals.items()
        if name not in ("everyone", "everyone less a window earlier")
        and row.get("change_absolute") is not None
    ]
    reach = _reach(whole)
    return Reading(
        label=f"After {str(s['launch']).replace('_', ' ')}, live {formats.day(s['launched_on'])}",
        value=formats.change_rate(s["change_relative"]),
        sentence=say(
            f"{{}} {many} on a mean day of {s['weeks_after']} whole weeks after, {{}} in {s['weeks_before']} before.",
            formats.number(whole.get("after"), 1),
            formats.number(whole.get("before"), 1),
        ),
        evidence=f"a change of {formats.change_count(whole['change_absolute'], 1)} a day, 95% interval {reach}"
        if reach
        else "",
        badges=[*badges, NOT_CAUSE],
        cards=cards,
    )


def _reach(row: dict[str, Any]) -> str:
    if row.get("ci_low") is None:
        return ""
    return f"{formats.change_count(row['ci_low'], 2)} to {formats.change_count(row['ci_high'], 2)}"


def _moved(row: dict[str, Any]) -> str:
    if row.get("change_relative") is not None:
        return formats.change_rate(row["change_relative"])
    return formats.change_count(row["change_absolute"], 2)


def _of_whom(name: str, row: dict[str, Any]) -> str:
    if name == "a window earlier":
        return "the same comparison before anything was launched"
    reach = f"active days a week {_reach(row)}".rstrip()
    return (
        reach
        if name == "adopters less others"
        else f"{formats.count(row['n_after'])} people, {reach}"
    )


READERS: dict[str, Callable[[Answer], Reading]] = {
    "feature_adoption": _adoption,
    "activation": _activation,
    "power_users": _power_users,
    "churn_risk": _churn,
    "launch_effect": _launch,
}
