"""No record is lost or doubled between a file and the raw zone: five counts add up, and Parquet holds that many rows."""

from __future__ import annotations

from quality.gate import HOLD, RAW, Evidence, Gate, GateResult

_PARTS = "loaded + duplicate + superseded + quarantined + filtered"


def check(evidence: Evidence) -> list[GateResult]:
    broken = evidence.rows(
        f"select source, project, file_name, records_seen, {_PARTS} from read_parquet(?) "  # noqa: S608 a constant
        f"where state <> 'rejected' and records_seen <> {_PARTS} order by all",
        [evidence.loads_file],
    )
    results = [
        GateResult(
            GATE.name,
            HOLD,
            False,
            f"{source}/{project}/{file}: {seen} records seen, {parts} accounted for",
            measured=str(parts),
            allowed=str(seen),
            fix=f"remove nothing; run `productops ingest` on {file} again, and report it if the counts still differ",
        )
        for source, project, file, seen, parts in broken
    ]
    for source, table in evidence.rows(
        "select distinct source, table_name from read_parquet(?) where state = 'live' and table_name is not null "
        "order by all",
        [evidence.loads_file],
    ):
        results += _raw_rows(evidence, source, table)
    return results or [GATE.passed("every record of every live file is in one of five places")]


def _raw_rows(evidence: Evidence, source: str, table: str) -> list[GateResult]:
    files = str(evidence.lake / source / table / "*" / "*.parquet")
    wrong = evidence.rows(
        """
        with live as (
            select load_id, file_name, loaded + duplicate as expected
            from read_parquet(?) where state = 'live' and source = ? and table_name = ?
        ),
        raw as (
            select _load_id as load_id, count(*) as found
            from read_parquet(?, union_by_name = true, hive_partitioning = false) group by all
        )
        select live.file_name, live.expected, coalesce(raw.found, 0)
        from live left join raw on live.load_id = raw.load_id
        where coalesce(raw.found, 0) <> live.expected order by all
        """,
        [evidence.loads_file, source, table, files],
    )
    return [
        GateResult(
            GATE.name,
            HOLD,
            False,
            f"{source}.{table}: {file} has {found} rows in the raw zone, {expected} were committed",
            measured=str(found),
            allowed=str(expected),
            fix="restore the raw folder from a backup, or remove the load and ingest the archived file again",
        )
        for file, expected, found in wrong
    ]


GATE = Gate(
    name="reconciliation",
    border=RAW,
    severity=HOLD,
    protects="every record delivered is loaded, duplicate, superseded, quarantined or filtered",
    check=check,
)
