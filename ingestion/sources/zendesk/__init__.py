"""Reader of Zendesk Support: tickets, their events, metrics and ratings, as API pages, arrays, lines and CSV.

Knows: which export a record belongs to. Must not know: where files come from or how rows are stored. The objects are in
`objects`, the CSV in `display_csv`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.sources.zendesk.display_csv import header, looks_like_csv, ticket_of_row
from ingestion.sources.zendesk.objects import PARSERS, unwrapped
from ingestion.spec import Context, Reader, Sample

_TABLE_OF_PAGE = {
    "tickets": "tickets",
    "ticket_events": "ticket_events",
    "audits": "ticket_events",
    "ticket_metric_events": "metric_events",
    "ticket_metrics": "ticket_metrics",
    "satisfaction_ratings": "satisfaction_ratings",
    "comments": "comments",
}
# What only the objects of a table hold; for arrays and lines, where no page tells. The first that fits counts.
_MARKS = {
    "ticket_events": ({"ticket_id", "child_events"}, {"ticket_id", "events", "author_id"}),
    "metric_events": ({"ticket_id", "metric", "instance_id"},),
    "ticket_metrics": ({"ticket_id", "reply_time_in_minutes"},),
    "satisfaction_ratings": ({"ticket_id", "requester_id", "score"},),
    "comments": (
        {"ticket_id", "author_id", "body"},
        {"ticket_id", "author_id", "html_body"},
        {"ticket_id", "user_id", "body"},
    ),
    "tickets": (
        {"id", "requester_id", "status"},
        {"id", "requester", "submitter", "status", "subject"},
    ),
}


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """The raw table of a record: its page says so, else what it holds."""
    if page_key in _TABLE_OF_PAGE:
        return _TABLE_OF_PAGE[page_key]
    return _marked(unwrapped(record)) or "tickets"


def _marked(record: Mapping[str, Any]) -> str | None:
    held = set(record)
    for table, marks in _MARKS.items():
        if any(mark <= held for mark in marks):
            return table
    return None


def looks_like(sample: Sample) -> bool:
    """A record of one of the tables, also as a row of a connector's CSV, or the display headers of a ticket CSV."""
    if sample.shape == "csv" and looks_like_csv(sample.header):
        return True
    return any(_marked(unwrapped(record)) for record in sample.records)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One record as one row of its table."""
    if context.page.get("is_display_csv"):
        return ticket_of_row(record, context)
    return PARSERS[context.table](unwrapped(record), context)


READER = Reader(
    source="zendesk",
    formats=("ndjson", "json", "csv"),
    looks_like=looks_like,
    table_of=table_of,
    parse=parse,
    header=header,
    page_keys=tuple(_TABLE_OF_PAGE),
)
