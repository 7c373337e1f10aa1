"""What every source and project delivered so far, from the manifest: the rows of `status` and of `data_health`.

Knows the table of loads that ingestion exports. Must not know how counts come about.
"""

from __future__ import annotations

from typing import Any

from orchestration.settings import Settings

_ROWS = """
select source, project, count(distinct file_name)::bigint as files,
    sum(records_seen)::bigint as records_seen, sum(loaded)::bigint as loaded, sum(duplicate)::bigint as duplicate,
    sum(superseded)::bigint as superseded, sum(quarantined)::bigint as quarantined, sum(filtered)::bigint as filtered,
    max(committed_at) as last_loaded_at, max(last_event_at) as last_event_at
from read_parquet(?) group by all order by all
"""


def deliveries(settings: Settings) -> list[dict[str, Any]]:
    """One row per source and project, over all loads."""
    import duckdb

    file = settings.paths.load_dir("_ingestion", "loads", 0) / "part-0.parquet"
    if not file.exists():
        return []
    with duckdb.connect(":memory:") as connection:
        done = connection.execute(_ROWS, [str(file)])
        names = [column[0] for column in done.description]
        rows = done.fetchall()
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in rows]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
