"""The readings of the KPIs in words, which reading of each speaks for it, and what to do about one.

Knows the variants of the standard KPIs; one of a company's own is written as it is called. Must not know values nor
how one is written.
"""

from collections.abc import Callable, Mapping
from typing import Any

# How answers call groups of people, and things of people, that are too small to be told apart.
TOGETHER = "smaller ones together"
ALL_TOGETHER = "all together"
UNNAMED = "things of fewer people than may be shown"
LEADS = {
    "K1": "within_15m",
    "K2": "started",
    "K3": "adopted_day_60",
    "K4": "change",
    "K5": "first_ship",
    "K6": "planned_and_valid",
    "K8": "in_order",
    "K9": "releases",
    "K10": "net",
}
NAMES = {
    "any_pm": "PMs at their target",
    "worst_pm": "PM who waits most",
    "median_seconds": "Median",
    "p90_seconds": "9 of 10 within",
    "self_serve": "Self-serve",
    "tickets_without_question": "Tickets that no question covers",
    "change": "Change in hours",
    "saved_hours": "Hours saved",
    "saved_per_week": "Hours saved per PM-week",
    "hours": "Hours per PM-week",
    "net": "Saved less cost, hours per PM-week",
    "saved": "Saved, hours per PM-week",
    "costs": "Cost, hours per PM-week",
    "first_ship": "First feature or experiment",
    "first_feature": "First shipped feature",
    "first_experiment": "First experiment",
    "in_order": "Items in order",
    "with_measured_rice": "RICE of measured reach",
    "with_counted_rice": "RICE of reach that we count",
    "updated_30d": "Updated in 30 days",
    "rice_problems": "Values that are no RICE",
    "on_time": "Released as planned",
    "delay_days": "Days after the plan",
    "checklist_complete": "Launch checklist complete",
    "days_between": "Days that nobody had it",
}
# What a reading says, and what to do when it goes the wrong way.
_MEANS = {
    "within_15m": "Share of product managers' questions with a complete answer within 15 minutes that stood for a day. When it falls, see under the worst PM and among the tickets which questions still need a person.",
    "any_pm": "Share of product managers who themselves reach 90 %. The promise is for each of them, so one who waits is reason enough to ask why.",
    "tickets_without_question": "Data tickets of product managers without the label of a standard question; they are in no share here. Those that come again are questions to add.",
    "adopted_day_60": "Share of eligible product managers who used it on two days in the second month. At 40 % or under the rollout has failed: find out why, or take the tool away.",
    "day_30": "Who used it at least once in the first 30 days. The question `rollout_followup` says in which areas it is not used yet.",
    "change": "Hours on status, data requests, tool set-up and coordination in the last four complete weeks against the baseline, on the same people. It is a difference before and after: what else changed in those weeks is in it.",
    "hours": "Hours per product manager and week inside working hours. The question `time_sinks` says what they go to; time that no rule fits is in `unclassified_time`, not here.",
    "saved_hours": "Hours of the four kinds of process work that product managers recorded less than in as many weeks of their own baseline; under zero they recorded more. Nothing is estimated for people or weeks without evidence.",
    "net": "Hours that a process saves per product manager and week, less those that it costs. Under zero it makes them slower: delete it or cut it down.",
    "first_ship": "Days until half of those who joined then had a feature out, or an experiment running, of their own. When it grows, ask the ones who wait what they wait for: access, a first task of their own, or a release.",
    "first_feature": "Days until half of those who joined then owned a feature that is out; releases of their first seven days were made by others.",
    "first_experiment": "Days until half of those who joined then had launched an experiment of their own.",
    "in_order": "Share of planned items with evidence, a RICE score of measured reach, and a change in the last 30 days. The question `roadmap` says of each item what it lacks.",
    "with_evidence": "Share of planned items with linked feedback, a metric or an experiment that the registry knows. Link what is known, or take the item off the plan.",
    "on_time": "Share of planned releases that came out on their day or before. A day that is over without the release is missed.",
    "delay_days": "Median days from the planned day to the release; below 0 it came early.",
    "handoffs": "How often a finished item went from one function to another. More handoffs than functions mean that work comes back.",
    "bounces": "How often a finished item came back to a function that had had it. Read the items with most, and agree on what has to be ready before the handoff.",
    "days_between": "Median days in which a finished item was with no function: it waited.",
}


def reading(variant: str) -> str:
    """`within_15m` as Within 15 minutes; `adopted_day_60:notion` as Adopted day 60: notion."""
    name, _, detail = str(variant).partition(":")
    words = NAMES.get(name) or name.replace("_", " ").replace("15m", "15 minutes")
    return f"{words[:1].upper()}{words[1:]}" + (f": {detail.replace(':', ', ')}" if detail else "")


def is_lead(kpi: str, variant: str) -> bool:
    """Whether the reading is the one that speaks for its KPI."""
    return str(variant).partition(":")[0] == LEADS.get(kpi)


def means(variant: str) -> str:
    """What the reading says and what to do about it, in a sentence or two; empty where nothing is written."""
    return _MEANS.get(str(variant).partition(":")[0], "")


def target_text(row: Mapping[str, Any], write: Callable[[float], str]) -> str:
    """The target as the page writes it, of one with two ends both; empty where there is none."""
    if row.get("target") is None:
        return ""
    if row.get("target_to") is None:
        return write(row["target"])
    return f"{write(row['target'])} to {write(row['target_to'])}"
