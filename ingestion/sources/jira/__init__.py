"""Reader of Jira: the CSV of all fields, pages of the REST API, and the CSV of the server's data pipeline.

Knows: the three forms of an issue, and versions. Must not know: which issues are features or data requests.

Issues of all forms meet on the issue's id; a key changes when an issue is moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.sources.jira.api import issue_of_api, version_of_api
from ingestion.sources.jira.table import ALIASES, MANY, issue_of_csv
from ingestion.spec import Context, Reader, Sample
from ingestion.values.fields import match_header

_KEYS = {"issuekey", "issueid"}
_PIPELINE = {"instanceurl", "projectkey", "issuetype"}


def looks_like(sample: Sample) -> bool:
    """A CSV names the issue's key and id, or the instance; an API record has a key and fields, or is a version."""
    named = {"".join(char for char in name.casefold() if char.isalnum()) for name in sample.header}
    if sample.shape == "csv":
        return named >= _KEYS or named >= _PIPELINE
    return any(
        ("key" in r and isinstance(r.get("fields"), Mapping))
        or ("released" in r and "archived" in r and "name" in r)
        for r in sample.records
    )


def table_of(member: str, page_key: str | None, record: Mapping[str, Any]) -> str:
    """A version is told by its state of release; everything else has to be an issue."""
    is_version = page_key == "versions" or ("released" in record and "fields" not in record)
    return "versions" if is_version and "issue_id" not in record else "issues"


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header; columns of many values come as often as the fullest issue needs, custom ones too."""
    return match_header(
        next(rows),
        ALIASES,
        ("issue_id", "issue_key"),
        context,
        may_repeat=lambda name: name in MANY or name not in ALIASES,
    )


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One issue or version as one row."""
    if context.table == "versions":
        return version_of_api(record)
    if "issue_key" in record and "fields" not in record:
        return issue_of_csv(record, context)
    return issue_of_api(record, context)


READER = Reader(
    source="jira",
    formats=("csv", "json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    table_of=table_of,
    header=header,
    repeated_columns=True,
    page_keys=("issues", "versions", "values"),
)
