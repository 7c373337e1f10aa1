"""Churn risk: who left and who is about to, each with the reason."""

from __future__ import annotations

from dashboards.engine.churn import churn_risk
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """A bounded list of each state."""
    if scope.params["unit"] == "account":
        scope.caveat("Events that name no account are not in this answer.")
    return churn_risk(scope)
