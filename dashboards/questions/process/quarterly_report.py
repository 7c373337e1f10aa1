"""Quarterly report: hours, experiments, onboarding and answers against their baselines, as of the quarter's end."""

from __future__ import annotations

from dashboards.answer import BadParameter
from dashboards.engine import quarterly_evidence
from dashboards.engine.scope import Result, Scope
from dashboards.quarterly import freezing, quarter, report


def answer(scope: Scope) -> Result:
    """One row per figure; what cannot be claimed and the lines that freeze the baselines are in the summary."""
    for name, given in (("from", scope.from_at), ("to", scope.to_at), *((n, scope.params[n]) for n in ("project", "source"))):  # fmt: skip
        if given is not None:
            raise BadParameter(f"the report is of the whole company and a whole quarter, so it takes no `{name}`; give `quarter`, as 2025-Q3")  # fmt: skip
    reached = quarterly_evidence.reached(scope)
    asked = scope.params["quarter"]
    wanted = quarter.read(asked) if asked else quarter.of(reached).moved(-1)
    found = report.build(quarterly_evidence.gather(scope, wanted))
    known = [one.name for one in quarterly_evidence.known(scope)]
    if found.state == "running":
        scope.caveat(found.claims[0])
    return Result(
        [figure.row() for figure in found.figures],
        {
            "quarter": wanted.name,
            "from": wanted.first,
            "to": wanted.end,
            "state": found.state,
            "reached": reached,
            "shown": sum(figure.is_shown for figure in found.figures),
            "figures": len(found.figures),
            "cannot_be_claimed": list(found.claims),
            "freeze": freezing.lines(found.figures, reached),
            "quarters": known,
        },
    )
