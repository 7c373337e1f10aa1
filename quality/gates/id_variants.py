"""Ids of users that differ by case or blanks only are named; they are never merged in silence (case 62)."""

from __future__ import annotations

from quality.gate import MARTS, WARN, Evidence, Gate, GateResult

_VARIANTS = """
with actors as (
    select distinct source, project, actor_id from warehouse.marts.fct_events where contains(actor_id, '|u:')
),
spelled as (
    select source, project, lower(trim(split_part(actor_id, '|u:', 2))) as spelling, count(*) as ids
    from actors group by all having count(*) > 1
)
select source, project, count(*)::bigint, sum(ids)::bigint from spelled group by all order by all
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not evidence.has("marts.fct_events"):
        return [GATE.passed("no events")]
    results = [
        GateResult(
            GATE.name,
            WARN,
            False,
            f"{source}/{project}: {ids} user ids are {spellings} when case and blanks are left out",
            measured=f"{ids - spellings} more ids than spellings",
            allowed="0",
            fix="let the sender write ids in one way; they count as different people until then",
        )
        for source, project, spellings, ids in evidence.rows(_VARIANTS)
    ]
    return results or [GATE.passed("every user id is written in one way")]


GATE = Gate(
    name="id_variants",
    border=MARTS,
    severity=WARN,
    protects="one person with two spellings of an id is seen",
    check=check,
)
