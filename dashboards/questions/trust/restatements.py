"""Restated numbers: the rows of the ledger that lies beside the version."""

from __future__ import annotations

from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import nearest
from dashboards.engine.scope import Result, Scope

ROWS = """
select
    metric, subject, period, period_start, old, new, new - old as change, unit, cause, detail, version,
    previous_version, "at"
from ledger.restatements
where ($version::varchar is null or version = $version)
    and ($metric::varchar is null or metric = $metric)
    and ($cause::varchar is null or list_contains(string_split(cause, ','), $cause))
    and ($source::varchar is null or (metric = 'source_events' and subject = $source))
    and ($seen_until::timestamp is null or "at" < $seen_until)
    and ($from_on::date is null or period_start >= $from_on)
    and ($to_on::date is null or period_start < $to_on)
order by length(version) desc, version desc, metric, subject, period, period_start desc
"""


def answer(scope: Scope) -> Result:
    """One row per number, period and version that restated it, the newest version first."""
    if scope.params.get("project") is not None:
        raise BadParameter(
            "the ledger tells projects of one source together, so it takes no `project`"
        )
    for name in ("version", "metric"):
        _check(scope, name)
    rows = scope.run(
        ROWS,
        {
            **{name: scope.params[name] for name in ("version", "metric", "cause", "source")},
            "seen_until": scope.as_of if scope.as_of_given else None,
            "from_on": scope.calendar.to_local(scope.from_at).date() if scope.from_at else None,
            "to_on": scope.calendar.to_local(scope.to_at).date() if scope.to_at else None,
        },
    )
    return Result(rows, _summary(rows))


def _check(scope: Scope, name: str) -> None:
    """A version that restated nothing is fine; one that never was, or a metric that the ledger lacks, is a mistake."""
    wanted = scope.params[name]
    if wanted is None:
        return
    known = [
        str(row[0])
        for row in scope.session.run(f"select distinct {name} from ledger.restatements order by 1")  # noqa: S608 our own names
    ]
    if name == "version":
        known.append(scope.published.version)
    if wanted not in known and known:
        raise BadParameter(
            f"the ledger holds no {name} `{wanted[:80]}`; the nearest is `{nearest(wanted, known)}`"
        )


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "restatements": len(rows),
        "versions": len({row["version"] for row in rows}),
        "last_version": rows[0]["version"] if rows else None,
        "last_at": rows[0]["at"] if rows else None,
    }
