"""What stands behind an answer: freshness per source, tests, gates, violations and who is left out.

Knows the load, day and violation marts. Must not know any single question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.engine.scope import Scope


def freshness(scope: Scope, tables: Sequence[str]) -> list[dict[str, Any]]:
    """Per source and project behind the tables: when it was last loaded and its latest event or record."""
    if not scope.published.has("marts.fct_loads"):
        return []
    return scope.session.rows(
        """
        select source, project, max(committed_at) as last_loaded_at, max(last_event_at) as last_event_at
        from marts.fct_loads
        where state <> 'rejected' and source is not null
            and ($project is null or project = $project) and ($source is null or source = $source)
            and (len($behind::varchar[]) = 0 or source in (select unnest($behind::varchar[])))
        group by all
        order by source, project
        """,
        {
            "project": scope.params.get("project"),
            "source": scope.params.get("source"),
            "behind": _behind(scope, tables),
        },
    )


def _behind(scope: Scope, tables: Sequence[str]) -> list[str]:
    """The sources that the tables are built from; empty, which means all, where one is built from the loads themselves."""
    models = scope.published.definitions.get("models") or {}
    behind = [
        set((models.get(table.split(".")[-1]) or {}).get("sources") or ()) for table in tables
    ]
    return sorted(set().union(*behind)) if all(behind) else []


def quality(scope: Scope, event_names: list[str]) -> dict[str, Any]:
    """Test and gate status of the version, and how much of this answer's input carries tracking violations."""
    definitions = scope.published.definitions
    tests = definitions.get("tests") or {}
    gates = definitions.get("gates") or []
    found: dict[str, Any] = {
        "tests": tests,
        "gates": gates,
        "status": "failed"
        if tests.get("failed") or any(g.get("status") == "failed" for g in gates)
        else "passed",
        "held": definitions.get("held"),
        "input_events": None,
        "violation_share": None,
        "excluded_actors": _excluded(scope),
    }
    if scope.published.has("marts.fct_event_days"):
        row = scope.session.rows(
            """
            select coalesce(sum(events), 0)::bigint as events, coalesce(sum(violating_events), 0)::bigint as violating
            from marts.fct_event_days
            where ($first is null or local_date >= $first) and ($last is null or local_date <= $last)
                and ($project is null or project = $project) and ($source is null or source = $source)
                and (len($names::varchar[]) = 0 or event_name in (select unnest($names::varchar[])))
            """,
            {
                "first": scope.calendar.to_local(scope.from_at).date() if scope.from_at else None,
                "last": scope.calendar.to_local(scope.to_at).date() if scope.to_at else None,
                "project": scope.params.get("project"),
                "source": scope.params.get("source"),
                "names": event_names,
            },
        )[0]
        found["input_events"] = row["events"]
        found["violation_share"] = row["violating"] / row["events"] if row["events"] else None
    return found


def _excluded(scope: Scope) -> int | None:
    if not scope.published.has("marts.dim_persons"):
        return None
    return scope.session.run("select count(*) from marts.dim_persons where is_internal")[0][0]
