"""`why_moved`: parameters in, rows and summary of the analysis out."""

from __future__ import annotations

from dashboards.engine.scope import Result, Scope
from dashboards.engine.why_moved import why_moved


def answer(scope: Scope) -> Result:
    """The answer."""
    return why_moved(scope)
