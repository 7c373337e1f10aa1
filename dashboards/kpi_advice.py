"""What the evidence behind a KPI says to do: rules that name the cause, its size and, where there is one, the owner.

Knows the answers of the questions in `kpi_evidence` and the rows of `kpis`. Pure: it takes numbers that answers hold, and at
most adds or divides them. Must not know a page, and names no person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards import wording
from dashboards.answer import Answer
from dashboards.kpi_words import ALL_TOGETHER, TOGETHER, UNNAMED, reading

POOLED = (TOGETHER, ALL_TOGETHER)  # what several groups do together is nobody's to mend
MOST = 4  # more is a list, and nobody starts with a list
# An answer by its question, or by question and the parameter that tells two of them apart: `question_waits area`.
Answers = Mapping[str, Answer]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Advice:
    """One thing to do, and why: the heading is an order, the text its size."""

    heading: str
    text: str


def advice(
    kpi: str, latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]
) -> list[Advice]:
    """What to do about a KPI, the largest cause first. `latest` are its readings of the period that is looked at."""
    rule = _RULES.get(kpi)
    return rule(latest, answers, owners)[:MOST] if rule else []


def units(kpi: str, answers: Answers) -> list[str]:
    """The units behind a number that are not plainly in it: confirmed and inferred apart, pending, censored, left out."""
    found = []
    for key, name, words in _UNITS.get(kpi, ()):
        summary = answers[key].summary if key in answers else {}
        if summary.get(name):
            found.append(words.format(wording.count(summary[name])))
    return found


_UNITS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "K1": (
        ("question_waits wait", "confirmed", "{} in time and confirmed"),
        ("question_waits wait", "inferred", "{} in time and inferred from 24 hours without another ask"),
        ("question_waits wait", "unanswered", "{} without an answer, censored now"),
        ("question_waits wait", "pending", "{} pending, in no share"),
    ),
    "K2": (("started_experiments", "left_out", "{} entries of the registry left out"),),
    "K3": (("rollout_areas", "withheld_groups", "groups too small to be told: {}"),),
    "K4": (("process_weeks", "withheld_weeks", "weeks of too few people to be told: {}"),),
    "K5": (("first_shipments", "waiting", "{} still wait, censored now"),),
    "K9": (("release_calendar", "without_a_plan", "{} without a plan, in no share on time"),),
}  # fmt: skip


def _rows(answers: Answers, key: str) -> list[dict[str, Any]]:
    return answers[key].rows if key in answers else []


def _access(latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]) -> list[Advice]:
    found = []
    asked = [row for row in _rows(answers, "question_waits question") if row["late"]]
    late = sum(row["late"] for row in asked)
    for row in [row for row in asked if row["name"] not in POOLED][:2]:
        owner = owners.get(str(row["name"]))
        by = f" {wording.count(row['tickets'])} went by ticket." if row["tickets"] else ""
        found.append(
            Advice(
                f"Make “{row['name']}” quicker to answer",
                f"{wording.count(row['late'])} of {wording.count(late)} late questions ask it.{by}"
                + (f" Owner: {owner}" if owner else ""),
            )
        )
    areas = [r for r in _rows(answers, "question_waits area") if r["rate"] is not None and r["name"] not in POOLED]  # fmt: skip
    worst = min(areas, key=lambda row: row["rate"], default=None)
    if worst and len(areas) > 1 and worst["late"]:
        found.append(
            Advice(
                f"Help {worst['name']} to find the answer pages",
                f"{wording.share(worst['rate'], 0)} of its {wording.count(worst['settled'])} questions were answered in time, the fewest of {len(areas)} areas.",
            )
        )
    if tickets := _value(latest, "tickets_without_question"):
        found.append(
            Advice(
                "Add the questions that tickets ask",
                f"{wording.count(tickets)} data tickets of product managers name no standard question.",
            )
        )
    return found


def _velocity(latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]) -> list[Advice]:
    rows = _rows(answers, "started_experiments")
    found = []
    silent = [r["experiment_id"] for r in rows if r["counts"] and r["had_a_prior"] and not r["cites_a_prior"]]  # fmt: skip
    if silent:
        found.append(
            Advice(
                "Link what was learnt before",
                f"{_some(silent)} had a prior in the area and cite none.",
            )
        )
    for reason, n in Counter(str(r["reason"]) for r in rows if not r["counts"]).most_common(1):
        found.append(
            Advice("See why entries do not count", f"{wording.count(n)} of them: {reason}.")
        )
    undated = [r["experiment_id"] for r in rows if r["counts"] and r["reason"]]
    if undated:
        found.append(
            Advice("Date the hypotheses", f"{_some(undated)}: a missing date decides the link.")
        )
    return found


def _adoption(latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]) -> list[Advice]:
    found = []
    rows = _rows(answers, "rollout_areas")
    names = {row["tool"]: row["name"] for row in rows}
    failed = [r for r in latest if r["status"] == "failed" and r["reportable"]]
    for row in sorted(failed, key=lambda r: r["value"]):
        tool = str(row["variant"]).partition(":")[2]
        found.append(
            Advice(
                f"Find out why {names.get(tool, tool)} failed, or take it away",
                f"{wording.count(row['numerator'])} of {wording.count(row['denominator'])} used it on two days of the second month.",
            )
        )
    waiting = [r for r in rows if r["is_pending_60"] and not r["is_pending_30"] and r["not_yet"]]
    for row in sorted(waiting, key=lambda r: -r["not_yet"])[:1]:
        found.append(
            Advice(
                f"Follow up on {row['name']}"
                + ("" if row["area"] in POOLED else f" in {row['area']}"),
                f"{wording.count(row['not_yet'])} of {wording.count(row['present_30'])} had not used it by day 30, and day 60 is not over.",
            )
        )
    overlap = answers["tool_overlap"].summary if "tool_overlap" in answers else {}
    if overlap and not overlap.get("is_within_four_to_six"):
        found.append(
            Advice(
                "Settle on four to six core tools",
                f"{wording.count(overlap.get('core_tools'))} are core now, and {wording.count(overlap.get('overlapping_categories'))} categories have more than one tool.",
            )
        )
    return found


def _hours(latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]) -> list[Advice]:
    found = []
    parts = [
        row
        for row in latest
        if str(row["variant"]).startswith("hours:")
        and str(row["variant"]).count(":") == 2
        and row["reportable"]
        and row["value"]
    ]
    largest = max(parts, key=lambda row: row["value"], default=None)
    if largest:
        category = str(largest["variant"]).split(":")[2].replace("_", " ")
        found.append(
            Advice(
                f"Start with {category}",
                f"{wording.number(largest['value'], 1)} hours per PM-week in {_evidence(largest)}, the most of the four categories.",
            )
        )
    found += sinks(_rows(answers, "time_sinks"))[:1]
    if "unclassified_time" in answers:
        found += unclassified(answers["unclassified_time"])
    return found


def sinks(rows: Sequence[Row]) -> list[Advice]:
    """What takes most process work, and what is waited for longest; time of no category may be the work itself."""
    found = []
    rows = [row for row in rows if row["name"] != UNNAMED]
    spent = [row for row in rows if row["process_hours"]]
    for row in sorted(spent, key=lambda r: -r["process_hours"])[:1]:
        found.append(
            Advice(
                f"Look first at “{row['name']}”",
                f"{wording.count(row['process_hours'])} hours of process work of {wording.count(row['people'])} product managers ({row['kind']}, {str(row['evidence']).replace('_', ' ')}), the most of all that may be told.",
            )
        )
    waited = [row for row in rows if row["waited_hours"] is not None]
    for row in sorted(waited, key=lambda r: -r["waited_hours"])[:1]:
        found.append(
            Advice(
                f"Shorten the wait: {row['name']}",
                f"{wording.count(row['waited_hours'])} hours on the clock over {wording.count(row['items'])} times ({row['kind']}).",
            )
        )
    return found


def unclassified(answer: Answer) -> list[Advice]:
    """Whether so much time has no category that the hours mean little."""
    share = answer.summary.get("unclassified_share")
    if not share or not answer.rows:
        return []
    titles = [f"“{row['title']}”" for row in answer.rows[:2]]
    return [
        Advice(
            "Give rules to time that has none",
            f"{wording.share(share, 0)} of the recorded time fits no rule; most of what may be named is {' and '.join(titles)}.",
        )
    ]


def _onboarding(latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]) -> list[Advice]:
    waiting = answers["first_shipments"].summary.get("waiting") if "first_shipments" in answers else 0  # fmt: skip
    if not waiting:
        return []
    return [
        Advice(
            "Ask those who wait what they wait for",
            f"{wording.count(waiting)} joined and have neither a feature out nor an experiment running: access, a first task of their own, or a release.",
        )
    ]


def _taxonomy(latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]) -> list[Advice]:
    found = []
    rows = [row for row in _rows(answers, "unhealthy_events") if row["not_healthy"]]
    for row in rows[:3]:
        order = "Plan" if row["is_unplanned"] else "Mend"
        what = "not in the plan" if row["is_unplanned"] else "against their declaration"
        found.append(
            Advice(
                f"{order} {row['event']}",
                f"{wording.count(row['not_healthy'])} of {wording.count(row['events'])} events are {what}; they take {wording.share(row['takes_off'])} off the share.",
            )
        )
    return found


def _roadmap(latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]) -> list[Advice]:
    rows = _rows(answers, "roadmap")
    lacks = Counter(
        part.split(":")[0] for row in rows for part in str(row["lacks"] or "").split("; ") if part
    )
    first = {
        lack: next(row["item_id"] for row in rows if lack in str(row["lacks"])) for lack in lacks
    }
    return [
        Advice(
            f"{wording.count(n)} of {wording.count(len(rows))} items: {lack}",
            f"Begin with {first[lack]}, the first of them in the order of RICE.",
        )
        for lack, n in lacks.most_common(3)
    ]


def _releases(latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]) -> list[Advice]:
    rows = _rows(answers, "release_calendar")
    found = []
    for state, order in (("missed", "Plan again what was missed"), ("late", "Ask why it was late")):
        names = [str(row["release"]) for row in rows if row["state"] == state]
        if names:
            found.append(Advice(order, f"{_some(names)}: {state} against the planned day."))
    open_lists = [str(row["release"]) for row in rows if row["is_checklist_complete"] is False]
    if open_lists:
        found.append(
            Advice("Finish the launch checklists", f"{_some(open_lists)} came out before theirs was.")
        )  # fmt: skip
    items = answers.get("item_handoffs")
    if items and items.summary.get("came_back"):
        found.append(
            Advice(
                "Agree on what has to be ready before a handoff",
                f"{wording.count(items.summary['came_back'])} of {wording.count(items.summary['with_history'])} items came back to a function that had had them; {items.rows[0]['item_key']} most often.",
            )
        )
    return found


def _ledger(latest: Sequence[Row], answers: Answers, owners: Mapping[str, str]) -> list[Advice]:
    return processes(_rows(answers, "process_ledger"))


def processes(rows: Sequence[Row]) -> list[Advice]:
    """Of each ritual and template that can be judged: delete it, or keep it; those to delete first."""
    found = []
    for row in sorted(rows, key=lambda row: row["makes_pms"] != "slower"):
        net = row["minutes_net"]
        seen = str(row["evidence"]).replace("_", " ")
        if row["makes_pms"] == "slower":
            text = f"It takes {wording.number(-net, 0)} minutes of a PM-week more than it saves ({seen})."
            found.append(Advice(f"Delete {row['name']}, or cut it down", text))
        elif row["makes_pms"] == "faster":
            text = f"It saves {wording.number(net, 0)} minutes of a PM-week more than it takes ({seen})."
            found.append(Advice(f"Keep {row['name']}", text))
    return found


def _value(latest: Sequence[Row], variant: str) -> Any:
    return next((row["value"] for row in latest if row["variant"] == variant), None)


def _evidence(row: Row) -> str:
    return reading(row["variant"]).partition(": ")[2].split(",")[0].replace("_", " ") or "time"


def _some(names: Sequence[object]) -> str:
    """Up to three names, and how many more there are."""
    listed = ", ".join(str(name) for name in names[:3])
    return listed + (f" and {wording.count(len(names) - 3)} more" if len(names) > 3 else "")


_RULES: dict[str, Callable[[Sequence[Row], Answers, Mapping[str, str]], list[Advice]]] = {
    "K1": _access,
    "K2": _velocity,
    "K3": _adoption,
    "K4": _hours,
    "K5": _onboarding,
    "K6": _taxonomy,
    "K8": _roadmap,
    "K9": _releases,
    "K10": _ledger,
}
