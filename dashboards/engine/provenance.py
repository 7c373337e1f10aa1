"""What stands behind an answer: freshness per source, tests, gates, violations and who is left out.

Knows the load, day and violation marts. Must not know any single question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dashboards.engine.scope import Scope

LOADS = "marts.fct_loads"


def freshness(scope: Scope, tables: Sequence[str]) -> list[dict[str, Any]]:
    """Per source and project behind the tables: when it was last loaded and its latest event or record."""
    if not tables or not scope.published.has_rows(LOADS):
        return []
    project, source = scope.params.get("project"), scope.params.get("source")
    behind = _behind(scope, tables)
    rows = scope.published.once(
        ("freshness", project, source, None if behind is None else tuple(behind)),
        lambda: scope.session.rows(
            _FRESHNESS, {"project": project, "source": source, "behind": behind}
        ),
    )
    return [dict(row) for row in rows]


_FRESHNESS = """
select source, project, max(committed_at) as last_loaded_at, max(last_event_at) as last_event_at
from marts.fct_loads
where state <> 'rejected' and source is not null
    and ($project is null or project = $project) and ($source is null or source = $source)
    and ($behind::varchar[] is null or source in (select unnest($behind::varchar[])))
group by all
order by source, project
"""


def _behind(scope: Scope, tables: Sequence[str]) -> list[str] | None:
    """The sources that the tables are built from, none for what the company declares; None, which means all, for the loads."""
    models = scope.published.definitions.get("models") or {}
    known = [models[name] for table in tables if (name := table.split(".")[-1]) in models]
    if LOADS in tables or not known:
        return None
    return sorted(set().union(*(model.get("sources") or () for model in known)))


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
        "left_out": left_out(scope, event_names),
    }
    found["excluded_actors"] = sum(
        row["actors"] for row in found["left_out"] if row["because"] == "internal"
    )
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
                "last": _last_day(scope),
                "project": scope.params.get("project"),
                "source": scope.params.get("source"),
                "names": event_names,
            },
        )[0]
        found["input_events"] = row["events"]
        found["violation_share"] = row["violating"] / row["events"] if row["events"] else None
    return found


def left_out(scope: Scope, event_names: list[str]) -> list[dict[str, Any]]:
    """What this answer's range, project, source and events hold that no answer counts: by reason and rule."""
    if not scope.published.has_rows("marts.fct_left_out"):
        return []
    return scope.session.rows(
        """
        select
            left_out_because as because, rule, sum(events)::bigint as events,
            count(distinct person_key) filter (where rule <> 'no_id')::bigint as actors
        from marts.fct_left_out
        where ($first is null or local_date >= $first) and ($last is null or local_date <= $last)
            and ($project is null or project = $project) and ($source is null or source = $source)
            and (len($names::varchar[]) = 0 or event_name in (select unnest($names::varchar[])))
        group by left_out_because, rule
        order by because, events desc, rule
        """,
        {
            "first": scope.calendar.to_local(scope.from_at).date() if scope.from_at else None,
            "last": _last_day(scope),
            "project": scope.params.get("project"),
            "source": scope.params.get("source"),
            "names": event_names,
        },
    )


# A person is internal by one rule, so actors add up over the rules.
_SENTENCES = {
    "internal": "Internal, test and bot actors are out: {actors} with {events} events here{by}.",
    "other_source": "{events} events are out because the plan counts another source in their place.",
    "quarantined": "{events} events are out because a rule of the plan keeps them in quarantine.",
}


def exclusions(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each reason why events are left out; the first is always there."""
    found = []
    for because, words in _SENTENCES.items():
        parts = [row for row in rows if row["because"] == because]
        if not parts and because != "internal":
            continue
        found.append(
            words.format(
                events=sum(row["events"] for row in parts),
                actors=sum(row["actors"] for row in parts),
                by=f", by {', '.join(row['rule'] for row in parts)}" if parts else "",
            )
        )
    return found


def _last_day(scope: Scope) -> date | None:
    """The last day of the range; its end is exclusive."""
    if scope.to_at is None:
        return None
    return scope.calendar.to_local(scope.to_at - timedelta(microseconds=1)).date()
