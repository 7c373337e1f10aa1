"""productops taxonomy coverage: how much of what arrives the plan covers."""

from __future__ import annotations

import argparse
import json

from orchestration.errors import OK
from orchestration.settings import Settings

_COVERAGE = """
select coalesce(names.status, 'unplanned') as status, days.event_name, days.source, days.project,
    sum(days.events)::bigint as events, sum(days.violating_events)::bigint as violating_events,
    max(days.last_at) as last_seen_at
from warehouse.marts.fct_event_days as days
left join warehouse.marts.dim_events as names on days.event_name = names.event_name
group by all order by events desc, days.event_name, days.source, days.project
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the action."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """Prints counts by event name; needs a published version."""
    from dashboards.published import NoVersion, open_version
    from orchestration.errors import CommandError

    try:
        with open_version(settings.paths.published) as published:
            rows = published.query(_COVERAGE).to_dicts()
    except NoVersion as error:
        raise CommandError(
            "NO_VERSION", str(error), "coverage is measured on what is published", "productops run"
        ) from error
    total = sum(row["events"] for row in rows)
    planned = sum(
        row["events"] for row in rows if row["status"] in ("live", "planned", "deprecated")
    )
    share = planned / total if total else None
    if arguments.json:
        print(
            json.dumps(
                {"events": total, "planned": planned, "coverage": share, "names": rows},
                default=str,
                indent=1,
            )
        )
        return OK
    print(
        f"{planned} of {total} events are planned"
        + (f" ({share:.1%})" if share is not None else "")
    )
    for row in rows:
        print(
            f"{row['status']:<11} {row['events']:>10} {row['event_name']} ({row['source']}/{row['project']})"
        )
    return OK
