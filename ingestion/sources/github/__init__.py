"""Reader of GitHub releases: arrays of the API, one or many pages, or one release a line.

Knows: the release object. Must not know: which releases ship which features.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import boolean, identifier, instant, integer, part, parts, text

_ADDRESS = re.compile(r"https?://[^/]+/(?:api/v3/)?(?:repos/)?([^/]+/[^/]+)/releases\b")


def looks_like(sample: Sample) -> bool:
    """A release has a tag and may be a draft or a prerelease."""
    return any("tag_name" in r and ("draft" in r or "prerelease" in r) for r in sample.records)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One release as one row. Its time is `published_at`; `created_at` is the time of the commit."""
    tag = text(record, "tag_name")
    if not tag:
        raise BadRecord("TYPE", "tag_name is missing")
    published, committed = instant(record, "published_at"), instant(record, "created_at")
    is_draft = boolean(record, "draft") or False
    return {
        "release_id": identifier(record, "id", required=True),
        "repository": _repository(record),
        "tag": tag,
        "target": text(record, "target_commitish"),
        "name": text(record, "name"),
        "body": text(record, "body"),
        "is_draft": is_draft,
        "is_prerelease": boolean(record, "prerelease") or False,
        "committed_at": committed,
        "published_at": published,
        "author_login": text(part(record, "author"), "login"),
        "url": text(record, "html_url"),
        "assets": json.dumps(
            [
                {"name": text(asset, "name"), "downloads": integer(asset, "download_count")}
                for asset in parts(record, "assets")
            ],
            ensure_ascii=False,
        ),
        "seen_at": max(
            filter(None, (instant(record, "updated_at"), published, committed)), default=None
        ),
    }


def _repository(record: Mapping[str, Any]) -> str | None:
    """owner/name, from whichever of its addresses is there."""
    for name in ("html_url", "url", "upload_url", "assets_url"):
        found = _ADDRESS.match(text(record, name) or "")
        if found:
            return found.group(1)
    return None


READER = Reader(
    source="github",
    formats=("json", "ndjson"),
    looks_like=looks_like,
    parse=parse,
    page_keys=("releases",),
)
