"""`metric_sensitivity`: parameters in, rows and summary of the analysis out."""

from __future__ import annotations

from dashboards.engine.scope import Result, Scope
from dashboards.engine.sensitivity import sensitivity


def answer(scope: Scope) -> Result:
    """The answer."""
    return sensitivity(scope)
