"""Experiment read-out: exposures and outcomes in, lifts and a verdict out."""

from __future__ import annotations

from dashboards.answer import BadParameter
from dashboards.engine.experiment import read_out
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """One row per metric and variant."""
    if scope.params["method"] != "fixed":
        raise BadParameter(
            f"`method` {scope.params['method']} is not implemented yet; the nearest is `fixed`"
        )
    if scope.params["cuped"]:
        raise BadParameter("`cuped` is not implemented yet; the nearest is `false`")
    readout = read_out(scope, scope.params["experiment"], scope.params["metric"])
    return Result(readout.rows, readout.summary)
