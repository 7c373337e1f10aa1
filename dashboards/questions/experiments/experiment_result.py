"""Experiment read-out: exposures and outcomes in, lifts and a verdict out."""

from __future__ import annotations

from dashboards.answer import BadParameter
from dashboards.engine.experiment import read_out
from dashboards.engine.scope import Result, Scope


def answer(scope: Scope) -> Result:
    """One row per metric and variant."""
    if scope.params["method"] == "bayesian":
        raise BadParameter("`method` bayesian is not implemented yet; the nearest is `sequential`")
    if scope.params["cuped"]:
        raise BadParameter("`cuped` is not implemented yet; the nearest is `false`")
    p = scope.params
    readout = read_out(scope, p["experiment"], p["metric"], p["method"])
    return Result(readout.rows, readout.summary)
