"""Feature adoption (D2): who could use it since its launch, who tried, adopted and kept using it."""

from __future__ import annotations

from dashboards.engine.adoption import adoption
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """One row per stage."""
    return adoption(scope)
