"""Which numbers behind an answer were restated lately, so that it says so.

Knows the ledger and which of its rows touch an answer: what they count, their period, the version. Must not know how they
are shown nor any single question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from dashboards.catalogue import Question
from dashboards.engine.scope import Scope
from dashboards.ledger import TABLE
from dashboards.restated import lines

# As many versions as are kept by default: the old number can still be looked up under its own.
RECENT_VERSIONS = 10
MOST_ROWS = 100

_ROWS = """
select metric, subject, unit, period, period_start, old, new, cause, detail, version
from (
    select *, cast(regexp_extract(version, '[0-9]+$') as bigint) as number,
        case period
            when 'month' then period_start + interval 1 month
            when 'quarter' then period_start + interval 3 month
            else period_start + interval 1 day
        end as period_end
    from ledger.restatements
)
where number > $since
    and {relevant}
    and ($from_on::date is null or period_end > $from_on)
    and ($to_on::date is null or period_start < $to_on)
-- a number that was restated twice is told as it was last
qualify row_number() over (partition by metric, subject, period, period_start order by number desc) = 1
order by number desc, period_start desc, metric, subject
limit {most}
"""


def restated(scope: Scope, question: Question) -> list[dict[str, Any]]:
    """The restatements of the last versions that touch this answer, the newest first."""
    if not scope.published.has_rows(TABLE):
        return []
    relevant = _relevant(scope, question)
    current = re.search(r"\d+$", scope.published.version)
    if relevant is None or current is None:
        return []
    condition, values = relevant
    is_open = {
        "horizon",
        "window",
    } & question.params.keys()  # it looks at what people did after `to`
    return scope.session.rows(
        _ROWS.format(relevant=condition, most=MOST_ROWS),
        {
            "since": int(current[0]) - RECENT_VERSIONS,
            "from_on": _day(scope, scope.from_at),
            "to_on": None if is_open else _day(scope, scope.to_at),
            **values,
        },
    )


def sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """The caveat of an answer with restated numbers: the first of them, and how many more there are."""
    found = lines(rows)
    version = found[0].largest["version"]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return (
        f"Restated in {version}: {found[0].sentence}{more}; the question restatements tells each."
    )


def _relevant(scope: Scope, question: Question) -> tuple[str, dict[str, Any]] | None:
    """Which rows of the ledger count what the question counts."""
    params = scope.params
    if question.id == "kpis":
        return (
            "measured_from like 'kpi_%' and period = $period and ($kpi::varchar is null or metric = $kpi)",
            {"period": params["period"], "kpi": params["kpi"]},
        )
    if "marts.fct_exposures" in question.inputs:
        return "metric = 'experiment_units' and subject = $subject", {
            "subject": params.get("experiment") or ""
        }
    if "marts.fct_events" not in question.inputs:
        return None
    unit = params.get("period") or params.get("unit")
    if unit == "month":
        return "measured_from = 'fct_events' and period = 'month'", {}
    return (
        "measured_from = 'fct_events' and period = 'day'"
        " and case when $source::varchar is null then subject = '' else subject = $source end",
        {"source": params.get("source")},
    )


def _day(scope: Scope, instant: datetime | None) -> date | None:
    return scope.calendar.to_local(instant).date() if instant else None
