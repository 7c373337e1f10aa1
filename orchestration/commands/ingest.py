"""productops ingest: read export files into the raw zone."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops ingest                                        all that waits in landing/
  productops ingest export.zip --source amplitude          one export
  productops ingest tickets/ --source zendesk --project eu every file of a folder
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders; none = landing/"
    )
    parser.add_argument("--source", help="the vendor; detected from the content when left out")
    parser.add_argument(
        "--project", default="default", help="the vendor's project (default: default)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from orchestration.ingest import (
        exit_code,
        ingest_files,
        ingest_pending,
        last_load,
        replaced,
    )
    from orchestration.lock import writer_lock

    _known_source(arguments.source)
    with writer_lock(settings.lock_file, "ingest"):
        before = last_load(settings)
        if arguments.paths:
            reports = ingest_files(settings, arguments.paths, arguments.source, arguments.project)
        else:
            reports = ingest_pending(settings)
    if arguments.json:
        print(json.dumps({"files": reports}, ensure_ascii=False, indent=1))
    else:
        for report in reports:
            print(describe(report))
        for line in replaced(settings, before):
            print(f"replaced  {line}; productops run tells which numbers that changes")
        if not reports:
            print("nothing new in the landing folder", file=sys.stderr)
    return exit_code(reports)


def describe(report: dict[str, object]) -> str:
    """One line for one file."""
    counts = ", ".join(
        f"{report[name]} {name}"
        for name in ("loaded", "duplicate", "superseded", "quarantined", "filtered")
        if report[name]
    )
    because = f" ({report['reason']}: {report['message']})" if report.get("reason") else ""
    return f"{report['status']:<9} {report['source']}/{report['project']} {report['file']}: {counts or 'no records'}{because}"


def _known_source(source: str | None) -> None:
    if source is None:
        return
    from ingestion.contract import all_contracts
    from orchestration.errors import nearest, usage_error

    known = [name for name, contract in all_contracts().items() if contract.kind != "company"]
    if source not in known:
        near = nearest(source, known)
        raise usage_error(
            f"there is no source {source!r}" + (f"; did you mean `{near}`?" if near else ""),
            f"the sources are {', '.join(known)}",
            f"productops ingest … --source {near or 'NAME'}",
        )
