"""Staging holds exactly the live records that ingestion counted: two implementations of one rule must agree."""

from __future__ import annotations

from quality.gate import HOLD, STAGING, Evidence, Gate, GateResult


def check(evidence: Evidence) -> list[GateResult]:
    expected = evidence.rows(
        "select source, table_name, sum(loaded)::bigint from read_parquet(?) "
        "where state = 'live' and table_name is not null group by all order by all",
        [evidence.loads_file],
    )
    results = []
    for source, table, loaded in expected:
        relation = evidence.staging.get((source, table))
        if relation is None:
            continue
        schema, name = relation.split(".")
        ((found,),) = evidence.rows(f'select count(*) from warehouse."{schema}"."{name}"')  # noqa: S608 from the manifest
        if found != loaded:
            results.append(
                GateResult(
                    GATE.name,
                    HOLD,
                    False,
                    f"{relation} has {found} rows; ingestion counted {loaded} live records of {source}.{table}",
                    measured=str(found),
                    allowed=str(loaded),
                    fix="run `productops build` again; if it stays, the de-duplication of the staging model "
                    "and of ingestion differ",
                )
            )
    return results or [GATE.passed("staging rows equal the live records of every source")]


GATE = Gate(
    name="live_rows",
    border=STAGING,
    severity=HOLD,
    protects="each identity has exactly one live row",
    check=check,
)
