"""Funnel: parameters in, the steps and the overall conversion out."""

from __future__ import annotations

from collections.abc import Iterator

from dashboards.engine.funnel import funnel, funnel_outcomes
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """One row per step, entry period and breakdown value."""
    return funnel(scope)


def outcomes(scope: Scope) -> Iterator[tuple[int, str]]:
    """How far each person came."""
    return funnel_outcomes(scope)
