"""Which readings of which KPIs are figures of the quarterly report, and how each is counted, in words.

Knows variants and plain words for them. Must not know a value.
"""

from __future__ import annotations

from dataclasses import dataclass

TIME, EXPERIMENTS, ONBOARDING, ANSWERS = (
    "Hours",
    "Experiments",
    "Onboarding",
    "Answers from data",
)
GROUPS = (TIME, EXPERIMENTS, ONBOARDING, ANSWERS)
EVIDENCE = {"calendar": "calendars", "time_tracking": "time tracking", "survey": "pulse survey"}


@dataclass(frozen=True)
class Recipe:
    """One kind of figure. `settles` means that it is read of the newest cohort that is settled, not of the quarter itself."""

    kpi: str
    reading: str
    group: str
    label: str
    unit: str
    n_of: str
    method: str
    needs: str
    nothing: str = "no data"  # why a share has no number where nothing is counted
    settles: bool = False
    less_is_better: bool = False

    def label_of(self, variant: str) -> str:
        """The label with what the variant adds: by which evidence, of which process."""
        _, _, rest = variant.partition(":")
        evidence, _, process = rest.partition(":")
        words = EVIDENCE.get(evidence, evidence.replace("_", " "))
        if process:
            return f"{process.replace('_', ' ').capitalize()}: {self.label} ({words})"
        label = f"{self.label[:1].upper()}{self.label[1:]}"
        return f"{label} ({words})" if evidence else label


_BOOTSTRAP = "Interval: 1,000 draws of PMs with replacement (bootstrap)."
_WILSON = "Interval: Wilson."
_TIME_NEEDS = "calendars, time tracking or pulse surveys of product managers, the first two with rules in time_categories.yml"
_REGISTRY_NEEDS = "an experiment registry with start dates"

RECIPES = (
    Recipe(
        "K4",
        "saved_hours",
        TIME,
        "Hours saved in the quarter",
        "hours",
        "PMs",
        "Of each PM, the hours of a mean week of their own baseline less the hours of each whole week that ends in the quarter, added up:"
        f" status, data requests, tool set-up and coordination. A week without evidence, or of a PM without a baseline, counts nothing. {_BOOTSTRAP}",
        _TIME_NEEDS,
    ),
    Recipe(
        "K4",
        "saved_per_week",
        TIME,
        "Hours saved per PM-week",
        "hours",
        "PMs",
        f"The hours saved in the quarter by the PM-weeks that they were counted in. {_BOOTSTRAP}",
        _TIME_NEEDS,
    ),
    Recipe(
        "K4",
        "change",
        TIME,
        "Change in hours per PM-week",
        "ratio",
        "PMs",
        "Mean hours per PM-week of the last four whole weeks that end in the quarter against the baseline, on the PMs with evidence in"
        f" all of these weeks. {_BOOTSTRAP}",
        _TIME_NEEDS,
        less_is_better=True,
    ),
    Recipe(
        "K10",
        "net",
        TIME,
        "hours saved less its own cost, per PM-week",
        "hours",
        "PMs",
        "Hours per PM-week of what the process is there to save, in the four whole weeks before its rollout, less those in the last four of"
        f" the quarter and less the time that the process itself takes, on the same PMs. {_BOOTSTRAP}",
        "a process in tools.yml that says what it costs and saves",
    ),
    Recipe(
        "K2",
        "started",
        EXPERIMENTS,
        "Experiments started",
        "count",
        "experiments",
        "Experiments whose first real exposure, else start date, lies in the quarter, without A/A tests, dry runs and duplicates. A count, so it"
        " has no interval; two counts differ beyond chance when they lie further apart than 1.96 standard errors of their difference (Poisson).",
        _REGISTRY_NEEDS,
    ),
    Recipe(
        "K2",
        "concluded",
        EXPERIMENTS,
        "Experiments concluded",
        "count",
        "experiments",
        "Started experiments that were stopped or decided with an end date in the quarter. A count, judged like those started.",
        _REGISTRY_NEEDS,
    ),
    Recipe(
        "K2",
        "reference_share",
        EXPERIMENTS,
        "Experiments that build on an earlier result",
        "share",
        "experiments",
        f"Of the experiments started, those with a link to a result that had ended before their hypothesis was written. {_WILSON}",
        "an experiment registry with hypotheses and links",
        nothing="no experiment was started in the quarter",
    ),
    Recipe(
        "K2",
        "reuse",
        EXPERIMENTS,
        "Results used again within a year",
        "share",
        "experiments",
        f"Of the experiments that ended more than a year before the quarter's end, those that a later hypothesis cited within that year. {_WILSON}",
        "an experiment registry that reaches back more than a year",
        nothing="no experiment had ended more than a year before the quarter's end",
    ),
    Recipe(
        "K5",
        "first_ship",
        ONBOARDING,
        "Days to the first feature or experiment",
        "days",
        "PMs",
        "Days from a PM's first day until half of those hired in that quarter had a feature out or an experiment running of their own; who has not"
        " is counted as still waiting (Kaplan-Meier median). What came out in the first seven days does not count. Interval: Greenwood, log-log.",
        "start dates of PMs, and releases or experiments with owners",
        settles=True,
        less_is_better=True,
    ),
    Recipe(
        "K1",
        "within_15m",
        ANSWERS,
        "Questions answered within 15 minutes",
        "share",
        "questions",
        "Of the standard questions that PMs asked, those with a complete answer within 15:00 that stood for a day; open and given-up ones count as late."
        f" {_WILSON}",
        "the question log, logs of BI tools or data tickets",
        nothing="no standard question was asked in the quarter",
    ),
    Recipe(
        "K1",
        "any_pm",
        ANSWERS,
        "PMs who get 90% of their answers in time",
        "share",
        "PMs",
        f"Of the PMs who asked anything, those whose own share within 15 minutes is at least 90%. {_WILSON}",
        "the question log, logs of BI tools or data tickets",
        nothing="no standard question was asked in the quarter",
    ),
)
