"""productops status: what is published and what every source delivered."""

from __future__ import annotations

import argparse
import json
from typing import Any

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops status          the published version, its age, each source
  productops status --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from orchestration import evidence, lock, versions
    from orchestration.deliveries import deliveries

    if settings.paths.manifest.exists():
        from ingestion.load import export_loads

        export_loads(settings.paths)
    history = versions.history(settings.paths.published)
    current = next((version for version in history if version.current), None)
    held = evidence.held(settings)
    document: dict[str, object] = {
        "version": current.id if current else None,
        "published_at": current.created_at if current else None,
        "data_through": current.data_through if current else None,
        "held": held,
        "running": lock.owner(settings.lock_file),
        "sources": deliveries(settings),
    }
    if arguments.json:
        print(json.dumps(document, ensure_ascii=False, indent=1, default=str))
        return 0
    print(f"version       {document['version'] or 'none yet; productops run'}")
    print(f"published at  {document['published_at'] or '-'}")
    print(f"data through  {document['data_through'] or '-'}")
    if held:
        print(f"held          {held['gate']}: {held['message']}")
    if document["running"]:
        print(f"running       {document['running']}")
    for row in deliveries(settings):
        print(
            f"{_place(row)}: {row['files']} files, {row['records_seen']} records, {row['loaded']} loaded, "
            f"{row['duplicate']} duplicate, {row['superseded']} superseded, {row['quarantined']} quarantined, "
            f"{row['filtered']} filtered; last event {row['last_event_at'] or '-'}"
        )
    return 0


def _place(row: dict[str, Any]) -> str:
    """Where the files came from; what no reader knows was refused as a whole."""
    return f"{row['source']}/{row['project']}" if row["source"] else "of no known source, refused"
