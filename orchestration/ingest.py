"""Read files into the raw zone and say what became of each.

Knows ingestion's public calls, the question log's door, and when a delivery counts as partial. Must not know any source.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import OK, PARTIAL, CommandError
from orchestration.progress import ProgressLine
from orchestration.settings import Settings
from quality.gates.too_many_bad import beyond_limit

if TYPE_CHECKING:
    from ingestion.spec import IngestSettings

COUNTS = ("records_seen", "loaded", "duplicate", "superseded", "quarantined", "filtered")
FIELDS = ("file", "source", "project", "status", "reason", "message", *COUNTS, "warnings")


def ingest_files(
    settings: Settings, files: Sequence[Path], source: str | None, project: str
) -> list[dict[str, Any]]:
    """Read the named files; a folder stands for the files in it."""
    from ingestion.load import FileRequest

    requests = [
        FileRequest(path=path, source=source, project=project)
        for named in files
        for path in _expanded(named)
    ]
    return _read(settings, requests)


def ingest_pending(
    settings: Settings, waiting: Collection[str] = frozenset()
) -> list[dict[str, Any]]:
    """Read everything in the landing folder that the manifest does not know yet, but for the files that still wait."""
    from ingestion.load import recover
    from ingestion.pending import pending

    found = pending(settings.paths, declared_settings(settings).timezone)
    requests = [request for request in found if str(request.path) not in waiting]
    if not requests:
        # A run killed after its commit left counts to finish, and nothing new to read.
        recover(settings.paths)
        return []
    return _read(settings, requests)


def replaced(settings: Settings, before: int) -> list[str]:
    """Which files the loads after number `before` replaced, in words."""
    from ingestion.manifest import Manifest

    with Manifest(settings.paths.manifest) as manifest:
        rows = manifest.rows(
            "select old.source, old.project, old.file_name, old.table_name, new.rows as now, old.rows as was"
            " from loads as old inner join loads as new on old.superseded_by = new.load_id"
            " where new.load_id > ? order by new.load_id, old.load_id",
            before,
        )
    return [
        f"{row['source']}/{row['project']} {row['file_name']}: {row['now']} rows of {row['table_name']} replace {row['was']}"
        for row in rows
    ]


def last_load(settings: Settings) -> int:
    """The number of the newest load."""
    from ingestion.manifest import Manifest

    with Manifest(settings.paths.manifest) as manifest:
        return int(manifest.rows("select coalesce(max(load_id), 0) from loads")[0][0])


def export_question_log(settings: Settings) -> list[Path]:
    """Put new rows of the question log into the landing folder: the product's own use is a source like any other."""
    from dashboards.question_log import export_new

    return export_new(settings.paths.app_db, settings.paths.landing)


def exit_code(reports: Sequence[dict[str, Any]]) -> int:
    """4 when a file was rejected or its refused records are beyond the limit, else 0."""
    for report in reports:
        if report["status"] == "rejected":
            return PARTIAL
        if beyond_limit(int(report["records_seen"]), int(report["quarantined"])):
            return PARTIAL
    return OK


def declared_settings(settings: Settings) -> IngestSettings:
    """What the company says about its sources."""
    from ingestion.company import load as load_company
    from ingestion.spec import IngestSettings

    company = load_company(settings.company_dir)
    return IngestSettings(company.settings.sources, company.settings.timezone)


def _read(settings: Settings, requests: Sequence[Any]) -> list[dict[str, Any]]:
    from ingestion.load import ingest

    shown = ProgressLine(len(requests), sys.stderr)
    try:
        reports = ingest(settings.paths, requests, declared_settings(settings), shown)
    finally:
        shown.end()
    return [as_document(report) for report in reports]


def as_document(report: Any) -> dict[str, Any]:
    """A file report in the form of the interface: five counts that add up to the first."""
    values = dataclasses.asdict(report)
    values.setdefault("file", values.get("path") or values.get("file_name"))
    return {name: _plain(values.get(name), name) for name in FIELDS}


def _plain(value: Any, name: str) -> Any:
    if name in COUNTS:
        return int(value or 0)
    if name == "warnings":
        return dict(value or {})
    return None if value is None else str(getattr(value, "value", value))


def _expanded(named: Path) -> list[Path]:
    if named.is_dir():
        return sorted(p for p in named.rglob("*") if p.is_file() and not p.name.startswith("."))
    if not named.exists():
        raise CommandError(
            "FILE_NOT_FOUND",
            f"there is no file {named}",
            "the path does not exist on this machine",
            f"check the path: ls {named.parent}",
            exit_code=2,
        )
    return [named]
