"""A delivery that replaces a larger one is not published before a person has looked at it (case 7).

Only where rows are really replaced: a list of people, or an event file whose range holds the older one's.
"""

from __future__ import annotations

from quality.gate import HOLD, RAW, Evidence, Gate, GateResult

SHARE = 0.2
ROWS = 5  # a small list may lose a few rows
CODE = "SHRINK"


def shrinks(before: int, after: int) -> bool:
    """Are so many rows gone that a filter in the export is likelier than news?"""
    return before - after >= ROWS and after < (1 - SHARE) * before


def check(evidence: Evidence) -> list[GateResult]:
    rows = evidence.rows(
        """
        select load_id, source, project, file_name, state, superseded_by, loaded + duplicate + superseded,
            coalesce(contains(accepted, 'SHRINK'), false)
        from read_parquet(?) where state in ('live', 'superseded') order by load_id
        """,
        [evidence.loads_file],
    )
    # What each load has to measure up to: the largest that it replaced, or what that one fell short of itself, so that
    # two bad exports in a row do not pass.
    wanted: dict[int, int] = {}
    results = []
    for load_id, source, project, file, state, successor, count, is_accepted in rows:
        before = wanted.get(load_id, 0)
        is_short = shrinks(before, count) and not is_accepted
        if successor is not None:
            reached = before if is_short else count
            wanted[successor] = max(wanted.get(successor, 0), reached)
        if is_short and state == "live":
            results.append(_held(f"{source}/{project}: {file}", source, file, before, count))
    return results or [GATE.passed("no delivery is much smaller than the one that it replaces")]


def _held(what: str, source: str, file: str, before: int, count: int) -> GateResult:
    return GateResult(
        GATE.name,
        HOLD,
        False,
        f"{CODE}: {what} has {count} rows and replaces {before}",
        measured=f"{count / before - 1:.0%}",
        allowed=f"-{SHARE:.0%}, or fewer than {ROWS} rows",
        fix=f"deliver it again complete, or productops quarantine accept SHRINK --source {source} --file '{file}'",
    )


GATE = Gate(
    name="shrink",
    border=RAW,
    severity=HOLD,
    protects="numbers do not fall because an export had a filter",
    check=check,
)
