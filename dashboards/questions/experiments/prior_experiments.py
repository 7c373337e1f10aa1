"""Prior experiments: the registry searched by words, area and metric."""

from __future__ import annotations

import json
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import nearest
from dashboards.engine.experiment import read_out
from dashboards.engine.scope import Result, Scope

SHOWN = 50
LEAST = 0.35  # less alike than this is no suggestion
READ_OUT = 10  # only the first rows get their lift computed


def answer(scope: Scope) -> Result:
    """One row per experiment, most similar first, then latest."""
    found = scope.run(
        """
        select
            experiment_id, project, name, area, hypothesis, primary_metric, secondary_metrics, decision, learning,
            prior_experiments, end_date
        from marts.dim_experiments
        where ($project is null or project = $project)
            and ($source is null or source = $source)
            and ($from_on is null or end_date >= $from_on)
            and ($to_on is null or end_date < $to_on)
            and (not $as_of_given or start_date is null or start_date < $as_of)
        order by end_date desc nulls last, experiment_id
        """,
        {
            "project": scope.params.get("project"),
            "source": scope.params.get("source"),
            "from_on": scope.calendar.to_local(scope.from_at).date() if scope.from_at else None,
            "to_on": scope.calendar.to_local(scope.to_at).date() if scope.to_at else None,
            "as_of_given": scope.as_of_given,
            "as_of": scope.calendar.to_local(scope.as_of),
        },
    )
    cited = _cited(found)
    _check(scope, "area", [row["area"] for row in found])
    rows = [row for row in found if _fits(scope, row)]
    text = scope.params["text"]
    scored = [(_similarity(text, row) if text else None, row) for row in rows]
    if text:
        scored = sorted(
            ((s, row) for s, row in scored if s is not None and s >= LEAST),
            key=lambda item: -(item[0] or 0.0),
        )
    return Result(
        [_row(scope, n, row, s, cited) for n, (s, row) in enumerate(scored[:SHOWN])],
        {"experiments": len(scored)},
    )


def _row(
    scope: Scope, place: int, row: dict[str, Any], similarity: float | None, cited: dict[str, int]
) -> dict[str, Any]:
    lift = None
    if place < READ_OUT and row["primary_metric"] and scope.published.has("marts.fct_exposures"):
        rows = read_out(scope, row["experiment_id"], None).rows
        lift = next(
            (
                r["lift_relative"]
                for r in rows
                if r["metric"] == row["primary_metric"] and r["lift_relative"] is not None
            ),
            None,
        )
    return {
        "experiment_id": row["experiment_id"],
        "name": row["name"],
        "ended_on": row["end_date"],
        "decision": row["decision"],
        "lift_relative": lift,
        "learning": row["learning"],
        "similarity": similarity,
        "cited_by": cited.get(row["experiment_id"], 0),
    }


def _similarity(text: str, row: dict[str, Any]) -> float:
    from rapidfuzz import fuzz, utils

    parts = [row["name"], row["hypothesis"], row["learning"], row["area"], row["primary_metric"]]
    whole = " ".join(str(part) for part in parts if part)
    scores = [
        fuzz.token_set_ratio(text, part, processor=utils.default_process)
        for part in (row["name"] or "", whole)
    ]
    return round(max(scores) / 100, 4)


def _cited(rows: list[dict[str, Any]]) -> dict[str, int]:
    """How many other experiments declare a link to each."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for link in _list(row["prior_experiments"]):
            target = link.get("id") if isinstance(link, dict) else link
            if target and target != row["experiment_id"]:
                found.setdefault(str(target), set()).add(row["experiment_id"])
    return {target: len(by) for target, by in found.items()}


def _fits(scope: Scope, row: dict[str, Any]) -> bool:
    area, metric = scope.params["area"], scope.params["metric"]
    metrics = [row["primary_metric"], *_list(row["secondary_metrics"])]
    return (area is None or row["area"] == area) and (metric is None or metric in metrics)


def _check(scope: Scope, name: str, known: list[Any]) -> None:
    value = scope.params[name]
    values = sorted({str(k) for k in known if k})
    if value is not None and value not in values:
        raise BadParameter(
            f"no experiment has the {name} `{value[:60]}`; the nearest is `{nearest(value, values)}`"
        )


def _list(text: str | None) -> list[Any]:
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return found if isinstance(found, list) else []
