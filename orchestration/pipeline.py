"""Run the pipeline once, here and now, through Dagster, and say what came of it.

Knows when nothing needs to be done, how to execute the job in this process, and how to read its evidence. Must not
know what any op does. Dagster's own storage is only history: without it the run is the same (case 137).
"""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from orchestration import build_state, evidence, expectations
from orchestration.errors import FAILURE, HELD, OK, CommandError
from orchestration.ingest import exit_code, export_question_log
from orchestration.lock import writer_lock
from orchestration.settings import Settings, export_to_process
from orchestration.snapshots import take_due
from orchestration.versions import current_id

PUBLISHED, UNCHANGED, HELD_BACK, FAILED = "published", "unchanged", "held", "failed"


@dataclass(frozen=True)
class Outcome:
    """What one run came to."""

    status: str
    version: str | None
    reason: str
    files: list[dict[str, Any]] = field(default_factory=list)
    held: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    snapshots: list[str] = field(default_factory=list)
    # Numbers of closed periods that this run changed.
    restated: list[dict[str, Any]] = field(default_factory=list)
    # How many models this run built, of how many, and for which news.
    built: dict[str, Any] | None = None

    @property
    def exit_code(self) -> int:
        if self.status == HELD_BACK:
            return HELD
        return FAILURE if self.status == FAILED else exit_code(self.files)

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def run_pipeline(
    settings: Settings, *, ingest: bool, tell: Callable[[str], None] = lambda line: None
) -> Outcome:
    """Ingest (if asked), build, gate, publish, take due snapshots. Nothing to do is a quick success."""
    with writer_lock(settings.lock_file, "run" if ingest else "build"):
        export_question_log(settings)
        reason, has_new_files = _reason(settings, ingest)
        if reason is None:
            return _unchanged(settings)
        tell(f"run: {reason}")
        if has_new_files:
            expectations.prepare(settings)
        return _execute(settings, ingest, tell)


def _unchanged(settings: Settings) -> Outcome:
    taken: list[str] = []
    warnings: list[str] = []
    try:
        taken = take_due(settings)
    except Exception as error:  # a report that cannot be made takes no numbers away (case 160)
        warnings.append(f"snapshots: not taken: {error}; productops snapshot")
    now = current_id(settings.paths.published)
    return Outcome(UNCHANGED, now, "nothing new", warnings=warnings, snapshots=taken)


def _reason(settings: Settings, ingest: bool) -> tuple[str | None, bool]:
    """Why there is something to do, or none; and whether files are among it."""
    from ingestion.company import load as load_company
    from ingestion.load import ensure_raw_schema, export_loads
    from ingestion.pending import pending

    company = load_company(settings.company_dir)
    if ingest:
        waiting = len(pending(settings.paths, company.settings.timezone))
        if waiting:
            return f"{waiting} new file(s)", True
    if evidence.held(settings):
        return "the last build is held", False
    ensure_raw_schema(settings.paths)
    export_loads(settings.paths)
    todo = build_state.plan(settings, build_state.inputs(settings))
    return (todo.reason if todo.needed else None), todo.has_new_loads


def _execute(settings: Settings, ingest: bool, tell: Callable[[str], None]) -> Outcome:
    from ingestion.company import warnings as company_warnings
    from orchestration.assets.raw import NO_INGEST
    from orchestration.definitions import build_defs
    from orchestration.jobs import PIPELINE, REPORT_STEPS
    from orchestration.passing_history import passing_instance

    export_to_process(settings)
    evidence.clear(settings)
    tell("run: reading the models")
    job = build_defs(settings).resolve_job_def(PIPELINE)
    with passing_instance() as instance:
        result = job.execute_in_process(
            instance=instance,
            tags={} if ingest else NO_INGEST,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
    files = evidence.reports(settings)
    now = current_id(settings.paths.published)
    receipt = evidence.receipt(settings)
    warnings = [
        f"{gate['name']}: {gate['message']}"
        for gate in evidence.gates(settings)
        if gate["status"] == "warned"
    ]
    warnings += company_warnings(settings.company_dir, datetime.now(UTC).date())
    failures = _failures(result)
    if receipt and all(failure.step in REPORT_STEPS for failure in failures):
        # A report that cannot be made is told and not sent; it never takes the numbers away (case 160).
        warnings += [
            f"{REPORT_STEPS[failure.step]}: not taken: {failure.message}" for failure in failures
        ]
        status = PUBLISHED if receipt["published"] else UNCHANGED
        reason = "" if receipt["published"] else "same content"
        if damaged := receipt.get("not_compared"):
            warnings.append(f"ledger: {damaged} cannot be read, so {now} was not compared with it")
        taken = evidence.snapshots(settings)
        restated = list(receipt.get("restated") or [])
        built = evidence.built(settings)
        return Outcome(status, now, reason, files, None, warnings, taken, restated, built)
    held = evidence.held_now(settings)
    if held and all(failure.is_verdict for failure in failures):
        return Outcome(HELD_BACK, now, str(held["message"]), files, held, warnings)
    if any(failure.kind == "DagsterExecutionInterruptedError" for failure in failures):
        raise KeyboardInterrupt
    raise _as_error(settings, failures, now)


@dataclass(frozen=True)
class _Failure:
    """One failed step: its own error, without Dagster's wrapping."""

    step: str
    kind: str
    message: str

    @property
    def is_verdict(self) -> bool:
        """A gate or a test said no; nothing broke."""
        return self.kind in ("DagsterAssetCheckFailedError", "Failure")


def _failures(result: Any) -> list[_Failure]:
    found = []
    for event in result.filter_events(lambda event: event.is_step_failure):
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        kind = (error.cls_name or "").split(".")[-1] if error else ""
        message = (error.message if error else "no message").strip()
        found.append(
            _Failure(
                event.step_key, kind, re.sub(r"^[\w.]+(Error|Failure|Exception): ", "", message)
            )
        )
    return found


def _as_error(settings: Settings, failures: list[_Failure], now: str | None) -> CommandError:
    served = f"; {now} is still served" if now else ""
    # A failed step is named before those that a gate's verdict stopped.
    first = min(failures, key=lambda failure: failure.is_verdict, default=None)
    if first is None:
        return CommandError(
            "RUN_FAILED",
            f"the run failed before its first step{served}",
            "Dagster names no failed step",
            "run the same command again",
        )
    if first.kind == "OSError" and f"[Errno {errno.ENOSPC}]" in first.message:
        free = shutil.disk_usage(settings.data_dir).free
        return CommandError(
            "DISK_FULL",
            f"{first.step} found no space left; {free} bytes are free{served}",
            first.message,
            f"free space on the disk of {settings.data_dir}, then run the same command again",
        )
    return CommandError(
        "STEP_FAILED",
        f"{first.step} failed{served}",
        first.message,
        "correct the cause and run the same command again; nothing was published",
    )


__all__ = ["OK", "Outcome", "run_pipeline"]
