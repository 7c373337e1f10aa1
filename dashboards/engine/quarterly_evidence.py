"""What the quarterly report is made of, read from one published version as of the end of the quarter.

Knows the marts and the KPI models that hold it. Must not know how figures are chosen or judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from dashboards import wording
from dashboards.engine.scope import Scope
from dashboards.quarterly import quarter as quarters
from dashboards.quarterly.evidence import Delivery, Evidence
from dashboards.quarterly.quarter import Quarter
from dashboards.quarterly.recipes import RECIPES

KPIS = frozenset(recipe.kpi for recipe in RECIPES)
ENDS_IN = re.compile(r"'(K\d+)' as kpi\b")
WEEKS = timedelta(weeks=4)


def reached(scope: Scope) -> date:
    """The local day up to whose start the data is complete."""
    return scope.calendar.to_local(scope.as_of).date()


def known(scope: Scope) -> list[Quarter]:
    """Quarters that can be asked for, newest first: from the first with a row to the one that the data ends in."""
    firsts = []
    for name in _models(scope):
        if scope.published.has_rows(f"kpis.{name}"):
            found = scope.session.run(
                f"select min(period_start) from kpis.{name} where period = 'quarter'"  # noqa: S608 - a model's name
            )
            firsts += [row[0] for row in found if row[0] is not None]
    return quarters.between(min(firsts), reached(scope)) if firsts else []


def gather(scope: Scope, quarter: Quarter) -> Evidence:
    """All that the report of the quarter may use; of one that is not over only that."""
    models = _models(scope)
    blank = Evidence(
        quarter=quarter,
        reached=reached(scope),
        definitions=_definitions(models),
        sources=_sources(models),
    )
    if not blank.is_over:
        return blank
    return Evidence(
        quarter=quarter,
        reached=blank.reached,
        rows=_rows(scope, models, scope.calendar.midnight(quarter.end)),
        declared=_select(scope, "marts.dim_kpi_baselines", "select * from marts.dim_kpi_baselines"),
        targets=_select(scope, "marts.dim_kpi_targets", "select * from marts.dim_kpi_targets"),
        definitions=blank.definitions,
        sources=blank.sources,
        deliveries=_deliveries(scope),
        first_weeks=_first_weeks(scope),
        before_rollout={
            tool: span
            for tool, kind, _, day in _tools(scope)
            if kind == "process" and (span := _weeks_before(scope, day))
        },
        rollouts=[(name, day) for _, _, name, day in _tools(scope)],
    )


def _models(scope: Scope) -> dict[str, dict[str, Any]]:
    """Models of the KPIs that the report reads, with the KPI that each ends in."""
    found = {}
    for name, model in (scope.published.definitions.get("models") or {}).items():
        ends = ENDS_IN.findall(model.get("compiled_sql") or "") if name.startswith("kpi_") else []
        if ends and ends[-1] in KPIS:
            found[name] = {**model, "kpi": ends[-1]}
    return found


def _definitions(models: dict[str, dict[str, Any]]) -> dict[str, int]:
    """The version of each KPI's definition; of several models the latest, for a KPI is defined by all of them."""
    found: dict[str, int] = {}
    for model in models.values():
        version = int((model.get("meta") or {}).get("definition_version") or 1)
        found[model["kpi"]] = max(version, found.get(model["kpi"], 1))
    return found


def _sources(models: dict[str, dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for model in models.values():
        found.setdefault(model["kpi"], set()).update(model.get("sources") or ())
    return {kpi: tuple(sorted(names)) for kpi, names in found.items()}


def _rows(scope: Scope, models: dict[str, dict[str, Any]], as_of: datetime) -> list[dict[str, Any]]:
    scope.run("set variable as_of = $as_of::timestamp", {"as_of": as_of})
    rows: list[dict[str, Any]] = []
    for name, model in models.items():
        scope.reads.append(f"kpis.{name}")
        scope.run(f"create or replace temp table asked_kpi as\n{model['compiled_sql'].strip().rstrip(';')}")  # fmt: skip
        rows += scope.run("select * from asked_kpi where period in ('quarter', 'baseline')")
    return rows


def _deliveries(scope: Scope) -> dict[str, Delivery]:
    rows = _select(
        scope,
        "marts.fct_loads",
        """
        select source, max(last_event_at) as last_record_at, max(committed_at) as delivered_at
        from marts.fct_loads
        where state = 'live'
        group by source
        """,
    )
    return {
        row["source"]: Delivery(
            _local_day(scope, row["last_record_at"]), _local_day(scope, row["delivered_at"])
        )
        for row in rows
    }


def _first_weeks(scope: Scope) -> dict[str, tuple[date, date]]:
    """The first four whole weeks of each evidence of time: what K4 compares with where nothing is declared."""
    rows = _select(
        scope,
        "marts.fct_time_days",
        """
        select days.evidence, min(days.local_date) as first_on
        from marts.fct_time_days as days
        inner join marts.dim_people as people
            on days.person_id = people.person_id and people.role = 'pm'
        group by all
        """,
    )
    found = {}
    for row in rows:
        start = _week_start(scope, row["first_on"])
        first = start if start == row["first_on"] else start + timedelta(weeks=1)
        found[row["evidence"]] = (first, first + WEEKS)
    return found


def _tools(scope: Scope) -> Iterable[tuple[str, str, str, date]]:
    rows = _select(
        scope,
        "marts.dim_tools",
        "select tool, kind, name, rollout_on from marts.dim_tools where rollout_on is not null order by rollout_on, tool",
    )
    return [(row["tool"], row["kind"], row["name"], row["rollout_on"]) for row in rows]


def _weeks_before(scope: Scope, day: date) -> tuple[date, date]:
    end = _week_start(scope, day)
    return end - WEEKS, end


def _week_start(scope: Scope, day: date) -> date:
    return day - timedelta(days=(day.isoweekday() - scope.calendar.week_start + 7) % 7)


def _local_day(scope: Scope, instant: Any) -> date | None:
    if instant is None:
        return None
    return scope.calendar.to_local(wording.parse_instant(instant)).date()


def _select(scope: Scope, table: str, sql: str) -> list[dict[str, Any]]:
    """The rows of a table that a version may lack."""
    return scope.run(sql) if scope.published.has_rows(table) else []
