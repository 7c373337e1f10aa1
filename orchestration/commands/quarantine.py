"""productops quarantine: list, show and replay refused records."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops quarantine list --source mixpanel
  productops quarantine show 17                 the raw bytes of one record
  productops quarantine replay                  read all refused records again
"""

LISTED = ("id", "file", "member", "line", "offset", "code", "message", "source", "project")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|replay")
    listing = actions.add_parser("list", help="refused records with file, line and reason")
    listing.add_argument("--source", help="only this source")
    listing.add_argument("--limit", type=int, default=0, help="at most so many (default: all)")
    show = actions.add_parser("show", help="the raw bytes of one record")
    show.add_argument("id", type=int)
    replay = actions.add_parser(
        "replay", help="read the refused records again, after a reader or setting changed"
    )
    for action in (listing, show, replay):
        action.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    return {"list": _list, "show": _show, "replay": _replay}[arguments.action](arguments, settings)


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    from ingestion.quarantine import list_records

    records = [_document(record) for record in list_records(settings.paths)]
    if arguments.source:
        records = [record for record in records if record.get("source") == arguments.source]
    if arguments.limit:
        records = records[: arguments.limit]
    if arguments.json:
        print(json.dumps({"records": records}, ensure_ascii=False, indent=1))
        return 0
    for record in records:
        place = f"{record.get('file')}" + (f" [{record['member']}]" if record.get("member") else "")
        print(
            f"{record.get('id')}  {record.get('code')}  {place}:{record.get('line')}  {record.get('message')}"
        )
    if not records:
        print("nothing is quarantined", file=sys.stderr)
    return 0


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    from ingestion.quarantine import show
    from orchestration.errors import usage_error

    try:
        content = show(settings.paths, arguments.id)
    except (KeyError, LookupError) as error:
        raise usage_error(
            f"there is no refused record {arguments.id}", str(error), "productops quarantine list"
        ) from error
    if arguments.json:
        print(json.dumps({"id": arguments.id, "text": content.decode("utf-8", "backslashreplace")}))
    elif sys.stdout.isatty():
        # Raw bytes may hold terminal escapes; a file or a pipe gets them as they are.
        print(repr(content)[2:-1])
    else:
        sys.stdout.buffer.write(content)
    return 0


def _replay(arguments: argparse.Namespace, settings: Settings) -> int:
    from ingestion.company import load
    from ingestion.quarantine import replay
    from ingestion.spec import IngestSettings
    from orchestration.commands.ingest import describe
    from orchestration.ingest import as_document
    from orchestration.lock import writer_lock

    company = load(settings.company_dir)
    with writer_lock(settings.lock_file, "quarantine replay"):
        declared = IngestSettings(company.settings.sources, company.settings.timezone)
        reports = [as_document(report) for report in replay(settings.paths, declared)]
    if arguments.json:
        print(json.dumps({"files": reports}, ensure_ascii=False, indent=1))
    for report in reports if not arguments.json else ():
        print(describe(report))
    if not reports:
        print("nothing to read again", file=sys.stderr)
    return 0


def _document(record: Any) -> Any:
    import dataclasses

    if isinstance(record, list | tuple):
        return [_document(item) for item in record]
    is_record = dataclasses.is_dataclass(record) and not isinstance(record, type)
    found = dataclasses.asdict(record) if is_record else record
    if not isinstance(found, dict):
        return found
    if "byte_offset" in found:
        found["offset"] = found.pop("byte_offset")
    return {
        key: (str(value) if key == "file" else value)
        for key, value in found.items()
        if not isinstance(value, bytes)
    }
