"""KPIs: the compiled SQL of each KPI model, re-run on the published version as of the asked instant."""

from __future__ import annotations

import re
from typing import Any

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import nearest
from dashboards.engine.scope import Result, Scope

# KPIs of the product that may lack their source in this version; a company's own are known by their models.
STANDARD = ("K1", "K2", "K2b", "K2c", "K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10")
# The KPI that a model ends in; one of a company's own may be written otherwise, and is then run to see.
ENDS_IN = re.compile(r"'(K\d+)[a-z]?' as kpi\b", re.IGNORECASE)
COLUMNS = "kpi, name, variant, period, period_start, value, unit, n, numerator, denominator, ci_low, ci_high, coverage, target, status, reportable, reason"


def answer(scope: Scope) -> Result:
    """One row per KPI, variant and period."""
    for name in ("project", "source"):
        if scope.params.get(name) is not None:
            raise BadParameter(f"KPIs are of the whole company, so `kpis` takes no `{name}`")
    models = _models(scope)
    rows: list[dict[str, Any]] = []
    scope.session.run("set variable as_of = $as_of::timestamp", {"as_of": scope.as_of})
    scope.trace.append(("set variable as_of = $as_of::timestamp", {"as_of": scope.as_of}))
    wanted, own = scope.params["kpi"], set[str]()
    for name, statement in models.items():
        told = set(ENDS_IN.findall(statement))
        if not wanted or not told or _whole(wanted) in told:
            rows += _rows(scope, statement)
            told |= {row[0] for row in scope.session.run("select distinct kpi from asked_kpi")}
            if not wanted or _whole(wanted) in {_whole(kpi) for kpi in told}:
                scope.reads.append(f"kpis.{name}")
                _tell_of_definitions(scope, name)
        own |= told
    if wanted and wanted not in (known := sorted({*STANDARD, *own}, key=_number)):
        raise BadParameter(
            f"there is no KPI `{wanted[:80]}`; the nearest is `{nearest(wanted, known)}`"
        )
    if wanted and not rows:
        scope.caveat(
            f"{wanted} has no rows in this version: its sources are not connected, or it is not built yet."
        )
    _ranges(scope, rows)
    rows.sort(key=lambda row: (_number(row["kpi"]), row["variant"] or "", str(row["period_start"])))
    return Result(rows, _latest(rows))


def _models(scope: Scope) -> dict[str, str]:
    """The KPI models of this version with the SQL that answers them, by the definition that is asked for."""
    found = {}
    asked, others = scope.params.get("definition"), set[int]()
    for name, model in (scope.published.definitions.get("models") or {}).items():
        if not name.startswith("kpi_"):
            continue
        statements = {
            one["definition_version"]: one["compiled_sql"] for one in model.get("earlier") or ()
        }
        others |= statements.keys()
        if asked is None or asked == _definition(model):
            statement = model.get("compiled_sql")
        else:
            statement = statements.get(asked)
        if statement:
            found[name] = statement.strip().rstrip(";")
    if asked is not None:
        if not found:
            known = ", ".join(str(one) for one in sorted(others)) or "none"
            raise BadParameter(
                f"no KPI had a definition {asked} in this version; earlier ones: {known}"
            )
        return found
    for table in sorted(scope.published.tables):
        schema, _, name = table.partition(".")
        if schema == "kpis" and name not in found and not scope.as_of_given:
            found[name] = f"select * from kpis.{name}"  # noqa: S608 - the name is the version's own table
    return found


def _tell_of_definitions(scope: Scope, name: str) -> None:
    """Says which definition counts, where the KPI had others."""
    model = (scope.published.definitions.get("models") or {}).get(name) or {}
    earlier = model.get("earlier") or ()
    asked = scope.params.get("definition")
    for one in earlier:
        if asked == one["definition_version"]:
            scope.caveat(
                f"Counted by definition {asked} of {name}, which another one replaced on {one['replaced_on']} ({one['replaced_in']})."
            )
    if earlier and asked is None and scope.params["kpi"]:
        last = earlier[-1]
        scope.caveat(
            f"Definition {_definition(model)} counts since {last['replaced_on']}; "
            f"`definition={last['definition_version']}` counts by the one before, on the same records."
        )


def _definition(model: dict[str, Any]) -> int:
    return int((model.get("meta") or {}).get("definition_version") or 1)


def _rows(scope: Scope, statement: str) -> list[dict[str, Any]]:
    scope.run(f"create or replace temp table asked_kpi as\n{statement}")
    return scope.run(
        f"""
        select {COLUMNS}
        from asked_kpi
        where period = $period
            and period_start < $as_of
            and ($from_on is null or period_start >= $from_on)
            and ($to_on is null or period_start < $to_on)
            and ($kpi is null or kpi = $kpi or regexp_replace(kpi, '[a-z]+$', '') = $kpi)
        """,  # noqa: S608 - the columns are ours, values are bound
        {
            "period": scope.params["period"],
            "kpi": scope.params["kpi"],
            "as_of": scope.calendar.to_local(scope.as_of),
            "from_on": scope.calendar.to_local(scope.from_at).date() if scope.from_at else None,
            "to_on": scope.calendar.to_local(scope.to_at).date() if scope.to_at else None,
        },
    )


def _ranges(scope: Scope, rows: list[dict[str, Any]]) -> None:
    """Of a target with two ends, `target` is the lower one; `target_to` is the upper one."""
    ranges: dict[tuple[str, str], dict[str, Any]] = {}
    if "marts.dim_kpi_targets" in scope.published.tables:
        told = scope.run(
            """
            select kpi, variant, per, at_most
            from marts.dim_kpi_targets
            where at_least is not null and at_most is not null
            """
        )
        ranges = {(row["kpi"], row["variant"]): row for row in told}
    for row in rows:
        names = (row["variant"], str(row["variant"]).partition(":")[0])
        found = next((ranges[row["kpi"], name] for name in names if (row["kpi"], name) in ranges), None)  # fmt: skip
        is_of_it = found is not None and found["per"] in (None, row["period"]) and row["target"] is not None  # fmt: skip
        row["target_to"] = found["at_most"] if found and is_of_it else None


def _latest(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The newest reportable value of each variant."""
    found: dict[str, Any] = {}
    for row in rows:
        if row["reportable"]:
            found[f"{row['kpi']} {row['variant']}"] = row["value"]
    return found


def _whole(kpi: str) -> str:
    """K2b is a part of K2."""
    return kpi.rstrip("abcdefghijklmnopqrstuvwxyz")


def _number(kpi: str) -> tuple[int, str]:
    digits = "".join(c for c in kpi if c.isdigit())
    return (int(digits or 0), kpi)
