"""Brings one delivered file as far as its commit: claimed, told apart, read, staged and durable, still invisible.

Knows: what must be known of a file before it may count. Must not know: which files came before it; several files are
prepared side by side, and what depends on their order is decided when they are committed.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion import quarantine as kept
from ingestion.bench import Bench
from ingestion.claim import Claim, take
from ingestion.commit import Delivery
from ingestion.contract import all_contracts
from ingestion.failpoints import reach
from ingestion.intake import FileIntake, Intake
from ingestion.landing import DataPaths
from ingestion.manifest import Manifest
from ingestion.numbers import FileNumbers
from ingestion.recount import flags_of, ranges_of
from ingestion.registry import detect, reader_for
from ingestion.sample import sample_of
from ingestion.spec import (  # fmt: skip
    Bad,
    Context,
    FileRequest,
    IngestSettings,
    Progress,
    Reader,
    Reject,
)
from ingestion.stage import fsync_folder_files
from ingestion.values.name_dates import day_ahead, days_differ


@dataclass
class Prepared:
    """What a file became before its commit: a delivery, a copy of a committed file, or a refusal."""

    request: FileRequest
    file_id: int
    source: str | None = None
    claim: Claim | None = None
    reject: Reject | None = None
    same: sqlite3.Row | None = None  # the committed file of the same bytes, if it was there already
    delivery: Delivery | None = None
    differs: str | None = None  # how the name's day and the content's differ
    staging: Path | None = None

    def discard(self) -> None:
        """Leaves no trace of it but what was committed."""
        if self.delivery is not None:
            self.delivery.bads.discard()
        self.release()

    def release(self) -> None:
        """Removes what is of no use once the file is committed."""
        if self.staging is not None:
            shutil.rmtree(self.staging, ignore_errors=True)
        if self.claim is not None:
            self.claim.release()


class Preparer:
    """Prepares the files of one call; every method may run on several threads at once."""

    def __init__(
        self,
        paths: DataPaths,
        settings: IngestSettings,
        manifest: Manifest,
        bench: Bench,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._paths, self._settings, self._manifest = paths, settings, manifest
        self._bench = bench
        self._on_progress = _one_at_a_time(on_progress) if on_progress else None
        self._history: dict[tuple[str, str], bool] = {}  # is this call the project's first load?

    def first_loads(self) -> set[tuple[str, str]]:
        """The sources and projects whose history this call brought."""
        return {key for key, is_first in self._history.items() if is_first}

    def delivered(self, request: FileRequest, numbers: FileNumbers) -> Prepared:
        """A delivered file; a Reject becomes a part of the answer."""
        found = Prepared(request, numbers.file_id)
        try:
            reach("land")
            found.claim = take(self._paths, request.path)
            reader = self._reader(request, found.claim)
            found.source = reader.source
            self._refuse_ahead(request, reader)
            found.same = self._manifest.file_with(
                reader.source, request.project, "raw_sha256", found.claim.sha256
            )
            if found.same is None:
                self._read(found, reader, numbers, None)
        except Reject as reject:
            found.reject = reject
        except BaseException:
            found.discard()
            raise
        finally:
            numbers.end()
        return found

    def archived(self, request: FileRequest, numbers: FileNumbers, old: sqlite3.Row) -> Prepared:
        """A committed file once more, from its archived copy."""
        path = self._paths.archive / str(old["raw_sha256"])
        claim = Claim(path, old["size"], old["mtime_ns"], old["raw_sha256"], is_archived=True)
        found = Prepared(request, numbers.file_id, old["source"], claim)
        try:
            self._read(found, reader_for(old["source"]), numbers, old)
        except Reject as reject:
            found.reject = reject
        except BaseException:
            found.discard()
            raise
        finally:
            numbers.end()
        return found

    def _reader(self, request: FileRequest, claim: Claim) -> Reader:
        if request.source is not None:
            return reader_for(request.source)
        return detect(sample_of(claim.path, request.path.name))

    def _refuse_ahead(self, request: FileRequest, reader: Reader) -> None:
        """Lists of people or plans may be made for a coming day; what happened cannot."""
        if all_contracts()[reader.source].kind == "snapshot":
            return
        day = day_ahead(request.path.name, self._settings.timezone)
        if day is not None:
            raise Reject(
                "FUTURE_EXPORT",
                f"its name says {day}, which has not come; it is read then, or rename it",
            )

    def _read(
        self, found: Prepared, reader: Reader, numbers: FileNumbers, again: sqlite3.Row | None
    ) -> None:
        """Stages the file, makes its parts durable and says what they hold."""
        claim, request, source = found.claim, found.request, reader.source
        assert claim is not None
        contract = all_contracts()[source]
        numbers.expect(len(contract.tables))
        is_history = self._is_history(source, request.project)
        context = Context(
            source,
            request.project,
            self._settings_of(source, request.project, claim, is_history),
            self._settings.timezone,
            request.path.name,
        )
        found.staging = self._paths.raw / ".staging" / str(found.file_id)
        bads = kept.QuarantineFile(self._paths, found.file_id)

        def keep(records: list[Bad], load_id: int | None) -> None:
            bads.add(records, load_id)

        try:
            intake = FileIntake(
                self._bench, reader, context, found.staging, numbers.next_load, keep,
                self._on_progress, request.path.name,
            ).run(claim.path)  # fmt: skip
            bads.finish()
            warnings: dict[str, int] = {}
            ranges = self._ranges(source, intake, warnings)
            found.differs = self._name_differs(request, source, ranges)
            if found.differs:
                warnings["NAME_DATE_MISMATCH"] = 1
            for table in intake.tables.values():
                fsync_folder_files(table.folder)
                reach("fsync")
        except BaseException:
            bads.discard()
            raise
        found.delivery = Delivery(
            found.file_id, request, source, claim, intake, bads, ranges, warnings,
            is_history and contract.kind == "events", again,
        )  # fmt: skip

    def _is_history(self, source: str, project: str) -> bool:
        key = (source, project)
        if key not in self._history:
            self._history[key] = not self._manifest.has_history(source, project)
        return self._history[key]

    def _settings_of(
        self, source: str, project: str, claim: Claim, is_history: bool
    ) -> Mapping[str, Any]:
        """The project's settings; without the limit on age for history and for what a person accepted."""
        declared = self._settings.project(source, project)
        if "late_days" not in declared:
            return declared
        if is_history or self._manifest.accepts("TOO_LATE", source, project, claim.sha256):
            return {name: value for name, value in declared.items() if name != "late_days"}
        return declared

    def _ranges(
        self, source: str, intake: Intake, warnings: dict[str, int]
    ) -> dict[str, tuple[str | None, ...]]:
        contract, con = all_contracts()[source], self._bench.connection
        for table in intake.tables.values():
            for flag, records in flags_of(table.folder, table.edges.get("_flags"), con).items():
                warnings[flag] = warnings.get(flag, 0) + records
        return {
            name: ranges_of(contract.table(name), table.edges)
            for name, table in intake.tables.items()
        }

    def _name_differs(
        self, request: FileRequest, source: str, ranges: Mapping[str, tuple[str | None, ...]]
    ) -> str | None:
        """Only for events: a list of tickets is named by the day of its export."""
        if all_contracts()[source].kind != "events":
            return None
        found = [pair for four in ranges.values() for pair in (four[:2], four[2:])]
        return days_differ(request.path.name, *((first, last) for first, last in found))


def _one_at_a_time(on_progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """The same for callers that know nothing of threads."""
    turn = threading.Lock()

    def told(progress: Progress) -> None:
        with turn:
            on_progress(progress)

    return told
