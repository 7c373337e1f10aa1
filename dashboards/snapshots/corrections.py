"""What was restated of a snapshot's period since it was taken: the notice that stands beside it.

Knows a receipt, the rows of the ledger and which periods a snapshot tells. Must not change the snapshot: what was sent
stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from dashboards import wording
from dashboards.restated import lines, version_order
from dashboards.snapshots import periods
from dashboards.snapshots.periods import Period
from dashboards.snapshots.receipt import Receipt


def corrections(receipt: Receipt, ledger: Iterable[Mapping[str, Any]]) -> list[str]:
    """One sentence for each number of the snapshot's period that a later version changed."""
    period = periods.read(receipt.period)
    taken = version_order(receipt.version)
    later = [
        row for row in ledger if version_order(row["version"]) > taken and _is_told(row, period)
    ]
    return [f"{line.sentence}, in {line.largest['version']}" for line in lines(later)]


def _is_told(row: Mapping[str, Any], period: Period) -> bool:
    """Days of the period; of months and quarters the newest that was over, like on the page."""
    start = wording.as_date(row["period_start"]) or date.min
    if row["period"] == "day":
        return period.first <= start <= period.last
    after = period.last + timedelta(days=1)
    if row["period"] == "month":
        return start == _first_of(after.year * 12 + after.month - 2)
    if row["period"] == "quarter":
        return start == _first_of((after.year * 12 + after.month - 1) // 3 * 3 - 3)
    return False


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
