"""Launch effect: what was different after a release or a feature went live."""

from __future__ import annotations

from dashboards.engine.launch import launch_effect
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """A row per day after the launch and a row per comparison."""
    return launch_effect(scope)
