"""Retention: parameters in, the table of cohorts and the summary of "last month" out."""

from __future__ import annotations

from collections.abc import Iterator

from dashboards.engine.retention import retention, retention_outcomes
from dashboards.engine.retention_month import last_month
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """Rows of cohorts and intervals; with unit month also R7 in the summary."""
    table = retention(scope)
    summary = {**table.summary}
    if scope.params["unit"] == "month":
        summary |= last_month(scope)
    return Result(table.rows, summary)


def outcomes(scope: Scope) -> Iterator[tuple[int, str]]:
    """In which intervals each person counts."""
    return retention_outcomes(scope)
