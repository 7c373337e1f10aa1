"""One row for each event, with everything that every number needs: id, person, time, name."""

from __future__ import annotations

from quality.gate import HOLD, MARTS, Evidence, Gate, GateResult

_REQUIRED = ("event_id", "person_key", "occurred_at", "event_name", "local_date")


def check(evidence: Evidence) -> list[GateResult]:
    if not evidence.has("marts.fct_events"):
        return [GATE.passed("no events")]
    missing = " + ".join(f"count(*) filter (where {column} is null)" for column in _REQUIRED)
    ((rows, ids, empty),) = evidence.rows(
        f"select count(*), count(distinct event_id), {missing} from warehouse.marts.fct_events"  # noqa: S608 constants
    )
    results = []
    if rows != ids:
        results.append(
            GateResult(
                GATE.name,
                HOLD,
                False,
                f"fct_events has {rows} rows for {ids} event ids: something joins one event to many rows",
                measured=str(rows),
                allowed=str(ids),
                fix="find the join without a unique key in models/intermediate/events",
            )
        )
    if empty:
        results.append(
            GateResult(
                GATE.name,
                HOLD,
                False,
                f"fct_events lacks {empty} values of {', '.join(_REQUIRED)}",
                measured=str(empty),
                allowed="0",
                fix="find the source whose staging model leaves the column empty",
            )
        )
    return results or [GATE.passed(f"{rows} events, one row each", measured=str(rows))]


GATE = Gate(
    name="grain",
    border=MARTS,
    severity=HOLD,
    protects="one row per event; nothing is counted twice",
    check=check,
)
