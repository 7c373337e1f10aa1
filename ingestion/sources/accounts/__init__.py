"""Reader of lists of customer accounts: CSV or JSON.

Knows: the columns that questions use; every further column is kept as a property. Must not know: which plans there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.spec import Context, Reader, Sample
from ingestion.values.fields import day, identifier, match_header, number, text

_ALIASES: dict[str, tuple[str, ...]] = {
    "account_id": ("account id", "accountid", "organization_id", "company_id"),
    "name": ("account_name", "account", "company"),
    "domain": ("email_domain", "website"),
    "plan": ("plan_name", "tier", "subscription"),
    "revenue": ("arr", "annual_revenue"),
    "mrr": ("monthly_revenue",),
    "currency": (),
    "owner": ("account_owner", "csm"),
    "segment": (),
    "start_date": ("customer_since",),
    "end_date": ("churned_on",),
}
_KNOWN = frozenset(name for names in _ALIASES.items() for name in (names[0], *names[1]))


def looks_like(sample: Sample) -> bool:
    """An account has an id, and a plan or a revenue."""
    return any(
        "account_id" in record and record.keys() & {"plan", "revenue", "mrr", "arr"}
        for record in sample.records
    )


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header."""
    return match_header(next(rows), _ALIASES, ("account_id",), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One account as one row; amounts are read by the declared locale and never guessed."""
    more = {name: value for name, value in record.items() if name not in _KNOWN}

    def names(name: str) -> tuple[str, ...]:
        return (name, *_ALIASES[name])

    return {
        "account_id": identifier(record, *names("account_id"), required=True),
        "name": text(record, *names("name")),
        "domain": text(record, *names("domain")),
        "plan": text(record, *names("plan")),
        "revenue": number(record, *names("revenue"), context=context),
        "mrr": number(record, *names("mrr"), context=context),
        "currency": text(record, *names("currency")),
        "owner": text(record, *names("owner")),
        "segment": text(record, *names("segment")),
        "start_date": day(record, *names("start_date")),
        "end_date": day(record, *names("end_date")),
        "properties": json.dumps(more, ensure_ascii=False, sort_keys=True),
    }


READER = Reader(
    source="accounts",
    formats=("csv", "json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    page_keys=("accounts",),
)
