"""What a quarterly report is made of: rows of the KPIs as of the quarter's end, declarations, and what was delivered.

Knows the form of what is handed in. Must not know where it is read from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dashboards.quarterly.quarter import Quarter

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Delivery:
    """Of one source: the day of its latest record, and the day on which it was last delivered."""

    last_record: date | None
    delivered: date | None


@dataclass(frozen=True)
class Evidence:
    """All that the report may use. `reached` is the day up to whose start the data is complete."""

    quarter: Quarter
    reached: date
    rows: Sequence[Row] = ()
    declared: Sequence[Row] = ()
    targets: Sequence[Row] = ()
    definitions: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    # whole weeks: the first four of each evidence of time, and the four before each process began
    first_weeks: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    before_rollout: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    # what else began in the time that figures speak of: name and day
    rollouts: Sequence[tuple[str, date]] = ()

    @property
    def is_over(self) -> bool:
        return self.quarter.end <= self.reached

    def of_variant(self, kpi: str, variant: str, period: str) -> Iterator[Row]:
        """Rows of one reading, oldest first."""
        found = [
            row
            for row in self.rows
            if (row["kpi"], row["variant"], row["period"]) == (kpi, variant, period)
        ]
        yield from sorted(found, key=lambda row: str(row["period_start"]))

    def target(self, kpi: str, variant: str) -> tuple[float | None, float | None]:
        """At least and at most, of the variant itself before its reading; a target per month is none of a quarter."""
        for name in (variant, variant.partition(":")[0]):
            for row in self.targets:
                if (row["kpi"], row["variant"]) == (kpi, name) and row["per"] in (None, "quarter"):
                    return row["at_least"], row["at_most"]
        return None, None

    def stopped(self, kpi: str) -> list[tuple[str, date]]:
        """Sources of the KPI whose latest record lies a week or more before the quarter's end, with its day."""
        found = []
        for source in self.sources.get(kpi, ()):
            last = self.deliveries[source].last_record if source in self.deliveries else None
            if last is not None and (self.quarter.end - last).days > 7:
                found.append((source, last))
        return sorted(found)

    def not_delivered_since(self, kpi: str) -> date | None:
        """The last day on which anything of the KPI came, where that was before the quarter had ended."""
        days = [
            day
            for source in self.sources.get(kpi, ())
            if source in self.deliveries
            for day in (
                self.deliveries[source].last_record,
                self.deliveries[source].delivered,
            )
            if day is not None
        ]
        return max(days) if days and max(days) < self.quarter.end else None


def is_reportable(row: Row) -> bool:
    """Whether the row is a number that may be told: settled, with enough behind it."""
    return bool(row["reportable"]) and row["value"] is not None and row["status"] != "pending"
