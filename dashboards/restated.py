"""Restated numbers in words: what a row of the ledger says, and rows that say the same put together.

Knows the ledger's columns and causes, and which part of an answer a row touches. Must not know where rows come from nor
how a page looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashboards import wording
from dashboards.answer import Answer
from dashboards.kpi_words import is_lead, reading
from dashboards.wording import NONE

NAMES = {
    "events": "Events",
    "source_events": "Events of {}",
    "active_people": "Active people",
    "new_people": "New people",
    "people": "People in all",
    "experiment_units": "Units in {}",
}
CAUSES = {
    "late_events": "late events",
    "redelivery": "delivered again",
    "new_source": "a new source",
    "merge": "merged people",
    "plan": "declarations changed",
    "definition": "definition changed",
    "model": "models changed",
    "rollback": "rollback",
    "unknown": "cause unknown",
}
# The column of an answer that shows the number which the ledger keeps under this name.
SHOWN_AS = {"active": "active_people", "new": "new_people"}
# Counts of days that may be added up; a person who is active on two days is one person.
ADD_UP = ("events", "source_events", "new_people")
# Readers ask first for people, then for events.
ORDER = ("active_people", "new_people", "people", "events", "source_events", "experiment_units")


@dataclass(frozen=True)
class Line:
    """Restatements of one number for one reason in one version.

    Counts add up; of others the largest change speaks for all, of a KPI's readings its lead.
    """

    largest: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]

    @property
    def name(self) -> str:
        return name(self.largest)

    @property
    def told(self) -> Mapping[str, Any]:
        """The row that the line tells: the sum of all, or the largest."""
        if len(self.rows) == 1 or self.largest["metric"] not in ADD_UP:
            return self.largest
        if any(row.get("old") is None or row.get("new") is None for row in self.rows):
            return self.largest
        old, new = (sum(row[side] for row in self.rows) for side in ("old", "new"))
        if old == new:  # what went up here went down there
            return self.largest
        return {**self.largest, "old": old, "new": new}

    @property
    def periods(self) -> str:
        more = len(self.rows) - 1
        unit = str(self.largest["period"])
        if not more:
            return when(self.largest)
        if self.largest["metric"] not in NAMES:
            return f"{when(self.largest)} and {wording.count(more)} more reading{'s' if more > 1 else ''}"
        if self.told is self.largest:
            return f"{when(self.largest)} and {wording.count(more)} more {unit}{'s' if more > 1 else ''}"
        days = sorted(str(row["period_start"])[:10] for row in self.rows)
        return f"{wording.count(len(days))} days of {wording.span(days[0], days[-1])}"

    @property
    def sentence(self) -> str:
        """Number, period, old, new, and why."""
        return f"{self.name}, {self.periods}: {was(self.told)} → {now(self.told)} ({why(self.largest)})"


def name(row: Mapping[str, Any]) -> str:
    """What the number counts: Active people, Events of amplitude, K1 Within 15 minutes."""
    subject = str(row.get("subject") or "")
    known = NAMES.get(str(row["metric"]))
    if known is not None:
        return known.format(subject)
    return f"{row['metric']} {reading(subject)}".strip()


def when(row: Mapping[str, Any]) -> str:
    """The closed period: 3 Mar 2024, Mar 2024, Q1 2024."""
    unit = str(row["period"])
    text = wording.period(row["period_start"], "day" if unit == "total" else unit)
    if unit == "baseline":
        return f"the baseline from {text}"
    return f"up to {text}" if unit == "total" else text


def was(row: Mapping[str, Any]) -> str:
    """The number as it was told before."""
    return _told(row, "old")


def now(row: Mapping[str, Any]) -> str:
    """The number as it is told now; a period that is not closed any more has none."""
    return _told(row, "new")


def change(row: Mapping[str, Any]) -> str:
    """The difference with its sign, of shares in points."""
    old, new = row.get("old"), row.get("new")
    if old is None or new is None:
        return NONE
    if row.get("unit") == "share":
        return wording.change_points(new - old)
    if row.get("unit") == "seconds":
        sign = "+" if new > old else wording.MINUS
        return f"{sign}{wording.duration(abs(new - old))}"
    return wording.change_count(new - old, 0 if float(new - old).is_integer() else 2)


def why(row: Mapping[str, Any]) -> str:
    """The causes in words."""
    return ", ".join(CAUSES.get(cause, cause) for cause in str(row["cause"]).split(","))


def lines(rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Rows of one number, version and cause together, the newest version first."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        parts = ["version", "metric", "cause"]
        if row["metric"] in NAMES:  # the readings of a KPI are of one kind
            parts += ["subject", "period"]
        groups.setdefault(tuple(str(row.get(part) or "") for part in parts), []).append(row)
    found = [Line(max(group, key=_speaks), group) for group in groups.values()]
    found.sort(key=lambda line: (_rank(line), -_size(line.largest)))
    return sorted(found, key=lambda line: version_order(line.largest["version"]), reverse=True)


def version_order(version: object) -> tuple[int, str]:
    """Versions in the order in which they were published: v000009 before v000010, and v9 before v10."""
    return len(str(version)), str(version)


def note(answer: Answer, column: str, start: Any, unit: str) -> str:
    """What was told before of one point or tile: `was 2 until v000012 (late events)`; empty where nothing changed."""
    rows = _inside(answer, SHOWN_AS.get(column, ""), start, unit)
    exact = [row for row in rows if row["period"] == unit]
    if exact:
        return _was(exact[0])
    if not rows:
        return ""
    row = lines(rows)[0].largest
    others = f", and {len(rows) - 1} more {row['period']}" if len(rows) > 1 else ""
    plural = "s" if len(rows) > 2 else ""
    return f"{when(row)} was {was(row)}, is {now(row)} ({why(row)}){others}{plural}"


def kpi_note(answer: Answer, row: Mapping[str, Any]) -> str:
    """The same for one row of the KPIs."""
    for changed in answer.quality.get("restated") or ():
        key = (changed["metric"], changed["subject"], str(changed["period_start"])[:10])
        if key == (row["kpi"], row["variant"] or "", str(row["period_start"])[:10]):
            return _was(changed)
    return ""


def _was(row: Mapping[str, Any]) -> str:
    return f"was {was(row)} until {row['version']} ({why(row)})"


def _inside(answer: Answer, metric: str, start: Any, unit: str) -> list[Mapping[str, Any]]:
    """Restated days or months of this metric that lie in the period."""
    first = wording.as_date(start)
    if first is None or not metric:
        return []
    days = {"day": 1, "week": 7}.get(unit)
    last = first + timedelta(days=days or 31)
    found = []
    for row in answer.quality.get("restated") or ():
        at = wording.as_date(row["period_start"]) or date.min
        is_inside = first <= at < last if days else (at.year, at.month) == (first.year, first.month)
        if row["metric"] == metric and is_inside:
            found.append(row)
    return found


def _told(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    if value is not None and row.get("unit") not in ("share", "seconds", "rate"):
        return wording.number(value, 0 if float(value).is_integer() else 2)
    return wording.value(value, str(row.get("unit") or ""))


def _rank(line: Line) -> tuple[int, str, str]:
    metric = str(line.largest["metric"])
    place = ORDER.index(metric) if metric in ORDER else -1  # KPIs come first
    return place, metric, str(line.largest.get("subject") or "")


def _speaks(row: Mapping[str, Any]) -> tuple[bool, str, float]:
    """Of a KPI the newest period of its lead, else the largest change."""
    if row["metric"] in NAMES:
        return True, "", _size(row)
    lead = is_lead(str(row["metric"]), str(row["subject"]))
    return lead, str(row["period_start"])[:10], _size(row)


def _size(row: Mapping[str, Any]) -> float:
    """How much of the number changed."""
    old, new = float(row.get("old") or 0), float(row.get("new") or 0)
    return abs(new - old) / (max(abs(old), abs(new)) or 1)
