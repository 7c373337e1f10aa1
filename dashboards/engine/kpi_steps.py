"""The steps of a KPI's own SQL as tables, so that what stands behind a number is read from the very rows that made it.

Knows the form in which KPI models end. Must not know any KPI or question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from dashboards.engine.groups import shown_as
from dashboards.engine.scope import Scope
from dashboards.kpi_words import ALL_TOGETHER, TOGETHER

# Where the last step of a KPI's SQL has ended and the rows of the KPI are selected.
LAST_SELECT = re.compile(r"\)(?=\s*select\s+'K\d+[a-z]?' as kpi\b)", re.IGNORECASE)


def as_tables(scope: Scope, model: str, *names: str) -> bool:
    """Make the temporary table `kpi_<name>` of each named step, as of the asked instant; False where the version has no such KPI."""
    known = (scope.published.definitions.get("models") or {}).get(model) or {}
    ends = [found.end() for found in LAST_SELECT.finditer(known.get("compiled_sql") or "")]
    if not ends:
        scope.caveat(
            f"This version has no {model}: it was built before there was one, or its sources are not connected."
        )
        return False
    steps = str(known["compiled_sql"])[: ends[-1]]
    scope.reads.append(f"kpis.{model}")
    scope.run("set variable as_of = $as_of::timestamp", {"as_of": scope.as_of})
    for name in names:
        scope.run(f"create or replace temp table kpi_{name} as\n{steps}\nselect * from {name}")
    return True


def bounds(scope: Scope) -> dict[str, Any]:
    """The period asked for and the first and last days of it, as `$period`, `$from_on` and `$to_on`."""
    return {
        "period": scope.params["period"],
        "from_on": _day(scope, scope.from_at),
        "to_on": _day(scope, scope.to_at),
    }


def keep_large_groups(scope: Scope, table: str, sizes: Sequence[str]) -> None:
    """Write into `shown_name` of a table (group_of, name, and sizes in people) what a group is called.

    Its own name; or, inside one `group_of`, one name with other small ones, a large one among them where they would still be
    fewer than the minimum group size, for then they would be what is missing to the whole.
    """
    listed = ", ".join(sizes)
    rows = scope.session.rows(f"select group_of, name, {listed} from {table}")  # noqa: S608
    scope.run(f"alter table {table} add column shown_name varchar")
    for group in sorted({str(row["group_of"]) for row in rows}):
        inside = {
            str(row["name"]): [int(row[size]) for size in sizes]
            for row in rows
            if str(row["group_of"]) == group
        }
        names = shown_as(inside, scope.minimum_group_size, most=len(inside))
        pooled = [name for name, shown in names.items() if shown != name]
        scope.run(
            f"update {table} set shown_name = if(list_contains($pooled::varchar[], name), $together, name)"  # noqa: S608
            " where cast(group_of as varchar) = $group",
            {
                "pooled": pooled,
                "together": ALL_TOGETHER if len(pooled) == len(names) else TOGETHER,
                "group": group,
            },
        )


def _day(scope: Scope, instant: Any) -> date | None:
    return scope.calendar.to_local(instant).date() if instant else None
