"""The numbers of closed periods that differ between two versions.

Knows the form of `marts.fct_period_numbers` and of KPI tables, and when a period is closed: when the older version's
data reached past its end. Both sides are aggregates of a few rows a day, so the cost does not grow with the events. Must
not know what any metric means.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import duckdb

NUMBERS = "marts.fct_period_numbers"
KPI_COLUMNS = frozenset(
    {"kpi", "variant", "period", "period_start", "value", "unit", "status", "reportable"}
)
# The last bits of a share depend on the order of threads.
SMALLEST_CHANGE = 1e-9


@dataclass(frozen=True)
class Difference:
    """One number of a closed period: what it was, and what it is now (none: it is no longer there)."""

    metric: str
    subject: str
    unit: str
    period: str
    period_start: date
    old: float | None
    new: float | None
    measured_from: str


def columns(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, frozenset[str]]:
    """Each published table of an attached version with its columns."""
    found: dict[str, set[str]] = {}
    rows = connection.execute(
        f"""
        select schema_name || '.' || table_name, column_name from duckdb_columns()
        where database_name = '{catalog}' and schema_name in ('marts', 'kpis')
        """  # noqa: S608 our own name
    ).fetchall()
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return {table: frozenset(names) for table, names in found.items()}


def closed_before(connection: duckdb.DuckDBPyConnection, catalog: str) -> date | None:
    """The day in the reporting zone, up to whose start the version's data is complete."""
    tables = columns(connection, catalog)
    if "data_through_at" not in tables.get("marts.dim_data_through", ()):
        return None
    ((reached,),) = connection.execute(
        f"select max(data_through_at) from {catalog}.marts.dim_data_through"  # noqa: S608 our own name
    ).fetchall()
    if not isinstance(reached, datetime):
        return None
    zone = "UTC"
    if "timezone" in tables.get("marts.dim_settings", ()):
        rows = connection.execute(f"select timezone from {catalog}.marts.dim_settings").fetchall()  # noqa: S608
        zone = str(rows[0][0]) if rows and rows[0][0] else zone
    return reached.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def differences(connection: duckdb.DuckDBPyConnection, before: str, after: str) -> list[Difference]:
    """Every number of a period that was closed in `before` and is another in `after`, both attached catalogs."""
    closed = closed_before(connection, before)
    if closed is None:
        return []
    old, new = columns(connection, before), columns(connection, after)
    found: list[tuple[Any, ...]] = []
    if NUMBERS in old and NUMBERS in new:
        reached = closed_before(connection, after) or date.min
        found += connection.execute(_numbers(before, after, closed, reached)).fetchall()
    for table in sorted(old.keys() & new.keys()):
        if table.startswith("kpis.") and old[table] & new[table] >= KPI_COLUMNS:
            found += connection.execute(_kpi(before, after, table, closed)).fetchall()
    return [Difference(*row) for row in found]


def _numbers(before: str, after: str, closed: date, reached: date) -> str:
    def side(catalog: str) -> str:
        return f"""
            select
                metric, subject, unit, period, period_start, value, measured_from,
                case period when 'month' then period_start + interval 1 month else period_start + interval 1 day end
                    as period_end
            from {catalog}.{NUMBERS}
            where period <> 'total' and period_end <= date '{closed}'
            union all
            select
                metric, subject, any_value(unit), period, date '{closed}' - 1, sum(value), any_value(measured_from),
                date '{closed}'
            from {catalog}.{NUMBERS}
            where period = 'total' and period_start < date '{closed}'
            group by metric, subject, period
        """  # noqa: S608 our own names and a date

    # What a version never counted before is new, not restated: a source or an experiment that arrived. And a period that
    # is not closed any more, after a rollback, has no number.
    return f"""
        with old as ({side(before)}), new as ({side(after)}), known as (
            select distinct metric, subject from {before}.{NUMBERS}
        ), pairs as (
            select
                metric, subject, coalesce(new.unit, old.unit) as unit, period, period_start::date as period_start,
                coalesce(old.value, 0) as old_value,
                case when coalesce(old.period_end, new.period_end) <= date '{reached}' then coalesce(new.value, 0) end
                    as new_value,
                coalesce(new.measured_from, old.measured_from) as measured_from
            from old full join new using (metric, subject, period, period_start)
        )
        select pairs.* from pairs semi join known using (metric, subject)
        where old_value is distinct from new_value
        order by all
    """  # noqa: S608 our own names and dates


def _kpi(before: str, after: str, table: str, closed: date) -> str:
    name = table.removeprefix("kpis.")

    # A value that is withheld was told to nobody.
    def side(catalog: str) -> str:
        return f"""
            select
                kpi, coalesce(variant, '') as variant, unit, period, period_start, status,
                case when reportable then value end as value
            from {catalog}.kpis."{name.replace('"', '""')}"
        """  # noqa: S608 a name of the catalogue, quoted

    return f"""
        with old as ({side(before)}), new as ({side(after)})
        select
            kpi, variant, coalesce(new.unit, old.unit), period, period_start,
            old.value, new.value, '{name.replace("'", "''")}'
        from old left join new using (kpi, variant, period, period_start)
        where old.status <> 'pending'
            and case period when 'quarter' then period_start + interval 3 month else period_start + interval 1 month end
                <= date '{closed}'
            and old.value is distinct from new.value
            and coalesce(
                abs(old.value - new.value) > {SMALLEST_CHANGE} * greatest(abs(old.value), abs(new.value)), true
            )
        order by all
    """  # noqa: S608 a name of the catalogue, quoted, and a date
