"""productops quarantine: list, show, replay and accept what was refused or is held."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops quarantine list --source mixpanel
  productops quarantine show 17                 the raw bytes of one record
  productops quarantine replay                  read again what was refused, after a reader or setting changed
  productops quarantine replay --source mixpanel    read all its files again, after its time zone was declared
  productops quarantine accept TOO_LATE --source mixpanel      load records that came too late
  productops quarantine accept SHRINK --source people --file people.csv --yes
"""

LISTED = ("id", "file", "member", "line", "offset", "code", "message", "source", "project")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|replay|accept")
    listing = actions.add_parser("list", help="refused records with file, line and reason")
    listing.add_argument("--source", help="only this source")
    listing.add_argument("--limit", type=int, default=0, help="at most so many (default: all)")
    show = actions.add_parser("show", help="the raw bytes of one record")
    show.add_argument("id", type=int)
    replay = actions.add_parser(
        "replay", help="read the refused records again, after a reader or setting changed"
    )
    replay.add_argument("--source", help="all live files of this source, refused records or not")
    replay.add_argument("--project", help="with --source: only this project")
    accept = actions.add_parser("accept", help="take files in spite of a reason; asks first")
    accept.add_argument(
        "code",
        choices=("TOO_LATE", "SHRINK", "TZ_SHIFT", "DISTRIBUTION"),
        help="the reason to disregard",
    )
    accept.add_argument("--source", help="only this source")
    accept.add_argument("--project", help="only this project")
    accept.add_argument("--file", help="only the file of this name")
    accept.add_argument("--yes", action="store_true", help="do not ask")
    for action in (listing, show, replay, accept):
        action.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    chosen = {"list": _list, "show": _show, "replay": _replay, "accept": _accept}[arguments.action]
    return chosen(arguments, settings)


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
    from ingestion.replay import replay
    from orchestration.ingest import declared_settings
    from orchestration.lock import writer_lock

    declared = declared_settings(settings)
    with writer_lock(settings.lock_file, "quarantine replay"):
        reports = replay(settings.paths, declared, arguments.source, arguments.project)
    _tell(arguments, reports, "nothing became better")
    return 0


def _accept(arguments: argparse.Namespace, settings: Settings) -> int:
    from ingestion.replay import accept_files, acceptable
    from orchestration.errors import usage_error
    from orchestration.ingest import declared_settings
    from orchestration.lock import writer_lock

    declared = declared_settings(settings)
    with writer_lock(settings.lock_file, "quarantine accept"):
        found = acceptable(
            settings.paths, arguments.code, arguments.source, arguments.project, arguments.file
        )
        if not found:
            raise usage_error(
                f"no file waits to be accepted in spite of {arguments.code}",
                "no file of that source, project and name has this reason",
                "productops quarantine list, or productops status",
            )
        for what in found.values():
            print(what, file=sys.stderr)
        if not arguments.yes and not _agreed(len(found)):
            print("nothing was changed", file=sys.stderr)
            return 0
        reports = accept_files(settings.paths, arguments.code, found, declared)
    done = "accepted; `productops run` publishes it"
    _tell(arguments, reports, done)
    return 0


def _agreed(files: int) -> bool:
    if not sys.stdin.isatty():
        print("add --yes to accept", file=sys.stderr)
        return False
    return input(f"accept {files} file(s)? [y/N] ").strip().lower() in ("y", "yes")


def _tell(arguments: argparse.Namespace, reports: list[Any], otherwise: str) -> None:
    from orchestration.commands.ingest import describe
    from orchestration.ingest import as_document

    documents = [as_document(report) for report in reports]
    if arguments.json:
        print(json.dumps({"files": documents}, ensure_ascii=False, indent=1))
        return
    for document in documents:
        print(describe(document))
    if not documents:
        print(otherwise, file=sys.stderr)


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
