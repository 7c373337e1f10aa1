"""Power users: how use is spread over people."""

from __future__ import annotations

from dashboards.engine.concentration import concentration
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """One row per number of active days."""
    return concentration(scope)
