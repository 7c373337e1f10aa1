"""Activation (D3): the share of new people who meet the criteria in time, and how fast."""

from __future__ import annotations

from dashboards.engine.activation import activation
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """One row per cohort of new people."""
    return activation(scope)
