"""Which questions stand behind each KPI: the tables of its page, in the order in which they are read.

Knows the standard KPIs and the questions that tell their units. Must not know values or how a page looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """One table behind a KPI: the question that tells it, what of the period it takes, and the columns that are shown first."""

    heading: str
    note: str
    question: str
    params: Mapping[str, str] = field(default_factory=dict)
    of_period: bool = True  # the period that the page shows is its range
    takes_period: bool = True  # month or quarter is a parameter of it
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kpi:
    """What a standard KPI asks, in words for its page."""

    asks: str
    formula: str = ""  # in words
    evidence: tuple[Evidence, ...] = ()
    lacks: str = ""  # why it has no number yet, where it has none


KPIS = {
    "K1": Kpi(
        "Can any product manager get a standard question answered within 15 minutes? Counted per question, from the first ask to the answer that stood",
        "questions answered within 15:00 ÷ all that are settled; open and given-up ones count as not in time",
        (
            Evidence(
                "How long the questions took",
                "Counted whoever asked; late is beyond 15:00 or without an answer, pending may still change",
                "question_waits",
                {"group": "wait"},
                columns=("name", "questions", "in_time", "confirmed", "inferred", "late", "tickets"),
            ),
            Evidence(
                "Which questions wait",
                "Those with most late answers first",
                "question_waits",
                {"group": "question"},
                columns=("name", "people", "questions", "in_time", "confirmed", "inferred", "late", "unanswered", "pending", "tickets", "rate", "reason"),
            ),
            Evidence(
                "Who waits",
                "Areas of as many product managers as may be shown; smaller ones together",
                "question_waits",
                {"group": "area"},
                columns=("name", "people", "questions", "in_time", "late", "unanswered", "rate", "reason"),
            ),
        ),
    ),
    "K2": Kpi(
        "How many experiments do we start, and do they stand on what was learnt before?",
        "experiments started, counted; reference share = those with a valid prior ÷ started",
        (
            Evidence(
                "Experiments of the period",
                "Those that count first; the others with the reason",
                "started_experiments",
                columns=("experiment_id", "name", "area", "started_on", "concluded_on", "counts", "cites_a_prior", "had_a_prior", "reason"),
            ),
            Evidence(
                "References between experiments",
                "All that are written, with what makes each count or not",
                "experiment_links",
                of_period=False,
                takes_period=False,
            ),
        ),
    ),
    "K3": Kpi(
        "Of those a tool or process was rolled out to, how many use it in the second month?",
        "PMs with a use on two days of days 31 to 60 ÷ PMs eligible at the rollout and there on day 60",
        (
            Evidence(
                "Tools and processes by area",
                "Eligible at the rollout; areas of fewer people than may be shown together",
                "rollout_areas",
                of_period=False,
                takes_period=False,
                columns=("name", "rollout_on", "area", "eligible", "used_by_30", "not_yet", "present_60", "adopted", "share", "habitual", "reason"),
            ),
            Evidence(
                "Tools by category",
                "Four to six core tools are enough; two of a category do the same job",
                "tool_overlap",
                of_period=False,
                takes_period=False,
            ),
        ),
    ),
    "K4": Kpi(
        "How many hours a week does process work take of a product manager, and how did that change?",
        "(hours per PM-week in the last four complete weeks − those of the baseline) ÷ those of the baseline, on the same PMs",
        (
            Evidence(
                "Hours of each week",
                "Mean of those with evidence; the weeks that the change compares are named",
                "process_weeks",
                of_period=False,
                columns=("evidence", "week_start_on", "part", "people", "employed", "coverage", "hours", "status_updates", "data_requests", "tool_configuration", "meeting_coordination", "reason"),
            ),
            Evidence(
                "What the hours go to",
                "Meetings, tasks and tools of the last 90 days",
                "time_sinks",
                of_period=False,
                takes_period=False,
                columns=("kind", "name", "evidence", "items", "people", "hours", "waited_hours"),
            ),
            Evidence(
                "Time that no rule fits",
                "In no number of K4 until time_categories.yml has a rule for it",
                "unclassified_time",
                of_period=False,
                takes_period=False,
            ),
        ),
    ),
    "K5": Kpi(
        "How many days until a new product manager has a feature out, or an experiment running?",
        "Kaplan-Meier median of the days from the start to the first feature out or experiment launched, releases of days 0 to 7 left out",
        (
            Evidence(
                "Those who joined, by what came first",
                "Waiting and left without are censored in the median; periods in which too few joined are told together",
                "first_shipments",
                of_period=False,
                columns=("first_of", "joined_in", "joined", "within_30", "within_60", "within_90", "later", "waiting", "left_without", "reason"),
            ),
            Evidence(
                "What came out, started and is planned",
                "Of all product managers in the last 90 days, each with its records; no person is named",
                "status_update",
                of_period=False,
                takes_period=False,
            ),
        ),
    ),
    "K6": Kpi(
        "How much of what arrives is planned, valid and owned?",
        "events of a planned name without a violation ÷ all events but system events",
        (
            Evidence(
                "Events of the period",
                "Those that take most off the share first",
                "unhealthy_events",
                columns=("event", "area", "events", "planned_and_valid", "not_healthy", "takes_off", "without_owner", "deprecated_seen"),
            ),
        ),
    ),
    "K7": Kpi(
        "Does feedback reach an accountable owner within a business day, and does everyone who asked hear back?",
        "feedback routed to an accountable owner within a business day ÷ all feedback",
        lacks="It needs feedback that is routed to owners, and requests that are tied to releases. No model of this version makes either, so there is nothing to count: no share is shown, and none may be claimed. Until then the question support_times tells how fast customers are answered.",
    ),
    "K8": Kpi(
        "Is each planned item backed by evidence, scored on a measured reach, and up to date?",
        "planned items with evidence, RICE of measured reach and a change in 30 days ÷ planned items",
        (
            Evidence(
                "Items of the roadmap",
                "In the order of RICE, with what each lacks",
                "roadmap",
                of_period=False,
                takes_period=False,
                columns=("position", "item_id", "title", "area", "end_on", "rice", "reach", "reach_from", "updated_on", "lacks"),
            ),
        ),
    ),
    "K9": Kpi(
        "Do releases come when they were planned, with their checklist done, and without going back and forth?",
        "releases that came out, counted; on time = by the planned day ÷ planned days that are over",
        (
            Evidence(
                "Releases of the period",
                "By their day or their planned day",
                "release_calendar",
                columns=("release", "planned_on", "released_on", "days_late", "state", "checklist_items_done", "checklist_items"),
            ),
            Evidence(
                "Work items finished in the period",
                "Those that came back most first; no person is named",
                "item_handoffs",
                columns=("item_key", "finished_on", "handoffs", "bounces", "days_between", "product_days", "design_days", "engineering_days", "go_to_market_days"),
            ),
        ),
    ),
    "K10": Kpi(
        "Does each ritual and template save more of product managers' time than it costs?",
        "hours that the process saves per PM-week − hours that it costs, the four weeks before it against the last four",
        (
            Evidence(
                "Processes, those that cost most first",
                "Minutes per PM-week, the latest complete period against the four weeks before the rollout",
                "process_ledger",
                of_period=False,
            ),
        ),
    ),
}  # fmt: skip


def params_of(evidence: Evidence, period: str, start: Any) -> dict[str, str]:
    """The parameters with which a table is asked for the period that begins at `start`."""
    found = dict(evidence.params)
    if evidence.takes_period:
        found["period"] = period
    if evidence.of_period and start is not None:
        first = start if isinstance(start, date) else date.fromisoformat(str(start)[:10])
        found |= {"from": first.isoformat(), "to": after(first, period).isoformat()}
    return found


def after(first: date, period: str) -> date:
    """The first day after the month or quarter that begins at `first`."""
    months = first.year * 12 + first.month - 1 + (3 if period == "quarter" else 1)
    return date(months // 12, months % 12 + 1, 1)
