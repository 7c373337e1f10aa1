"""`paths`: parameters in, rows and summary of the analysis out."""

from __future__ import annotations

from dashboards.engine.paths import paths
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """The answer."""
    return paths(scope)
