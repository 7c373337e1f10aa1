"""Funnel: parameters in, the steps and the overall conversion out."""

from __future__ import annotations

from dashboards.engine.funnel import funnel_rows, funnel_units, read_funnel
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """One row per step and breakdown value."""
    funnel = read_funnel(scope)
    units = funnel_units(scope, funnel)
    rows = funnel_rows(scope, funnel, units)
    summary = {}
    if rows and funnel.breakdown is None:
        first, last = rows[0], rows[-1]
        summary = {
            "entered": first["reached"],
            "converted": last["reached"],
            "conversion_rate": last["overall_rate"],
            "matured": first["matured"],
            "open": first["reached"] - first["matured"],
        }
        if first["matured"] < first["reached"]:
            scope.caveat(
                f"The window of {first['reached'] - first['matured']} of {first['reached']} entries is still open; rates leave them out."
            )
    return Result(rows, summary)
