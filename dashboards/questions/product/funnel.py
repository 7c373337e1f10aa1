"""Funnel: parameters in, the steps and the overall conversion out."""

from __future__ import annotations

from dashboards.engine.funnel import funnel
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """One row per step, entry period and breakdown value."""
    return funnel(scope)
