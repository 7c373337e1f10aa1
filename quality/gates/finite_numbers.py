"""No published number is infinite or not a number, and no rate is outside 0 to 1 (cases 112, 113)."""

from __future__ import annotations

from quality.gate import HOLD, MARTS, Evidence, Gate, GateResult


def check(evidence: Evidence) -> list[GateResult]:
    columns = evidence.rows(
        """
        select table_schema, table_name, list(column_name order by column_name)
        from information_schema.columns
        where table_catalog = 'warehouse' and table_schema in ('marts', 'kpis') and data_type in ('DOUBLE', 'FLOAT')
        group by all order by all
        """
    )
    results = []
    for schema, table, names in columns:
        tests = ", ".join(
            f'count(*) filter (where isnan("{name}") or isinf("{name}"))' for name in names
        )
        (counts,) = evidence.rows(f'select {tests} from warehouse."{schema}"."{table}"')  # noqa: S608 from the catalogue
        results += [
            _held(f"{schema}.{table}.{name} holds {count} infinite or undefined values", count)
            for name, count in zip(names, counts, strict=True)
            if count
        ]
    for (table,) in evidence.rows(
        """
        select table_name from information_schema.columns
        where table_catalog = 'warehouse' and table_schema = 'kpis' and column_name in ('value', 'unit')
        group by all having count(*) = 2 order by all
        """
    ):
        ((count,),) = evidence.rows(
            f'select count(*) from warehouse.kpis."{table}" '  # noqa: S608 from the catalogue
            "where unit in ('rate', 'share') and not value between -1e-9 and 1 + 1e-9"
        )
        if count:
            results.append(_held(f"kpis.{table} has {count} rates outside 0 to 1", count))
    return results or [GATE.passed("every number is finite, every rate is between 0 and 1")]


def _held(message: str, count: int) -> GateResult:
    return GateResult(
        GATE.name,
        HOLD,
        False,
        message,
        measured=str(count),
        allowed="0",
        fix="divide with the safe_ratio macro and keep numerator and denominator of one population",
    )


GATE = Gate(
    name="finite_numbers",
    border=MARTS,
    severity=HOLD,
    protects="no page shows inf, nan or a rate over 100 %",
    check=check,
)
