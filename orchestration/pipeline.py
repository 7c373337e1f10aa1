"""Run the pipeline once, here and now, through Dagster, and say what came of it.

Knows when nothing needs to be done, how to execute the job in this process, and how to read its evidence. Must not
know what any op does. Dagster's own storage is only history: without it the run is the same (case 137).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orchestration import build_state, evidence
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
        reason = _reason(settings, ingest)
        if reason is None:
            taken = take_due(settings)
            return Outcome(
                UNCHANGED, current_id(settings.paths.published), "nothing new", snapshots=taken
            )
        tell(f"run: {reason}")
        return _execute(settings, ingest, tell)


def _reason(settings: Settings, ingest: bool) -> str | None:
    """Why there is something to do, or none."""
    from ingestion.company import load as load_company
    from ingestion.load import ensure_raw_schema, export_loads, pending

    load_company(settings.company_dir)
    if ingest:
        waiting = len(pending(settings.paths))
        if waiting:
            return f"{waiting} new file(s)"
    if evidence.held(settings):
        return "the last build is held"
    ensure_raw_schema(settings.paths)
    export_loads(settings.paths)
    todo = build_state.plan(settings, build_state.inputs(settings))
    return todo.reason if todo.needed else None


def _execute(settings: Settings, ingest: bool, tell: Callable[[str], None]) -> Outcome:
    import dagster as dg

    from orchestration.assets.raw import NO_INGEST
    from orchestration.definitions import build_defs
    from orchestration.jobs import PIPELINE

    export_to_process(settings)
    evidence.release(settings)
    evidence.clear(settings)
    tell("run: reading the models")
    job = build_defs(settings).resolve_job_def(PIPELINE)
    # A passing store: Dagster's SQLite history costs seconds a run and correctness never depends on it (case 137).
    # `productops dev` keeps its history in data/dagster.
    with dg.DagsterInstance.ephemeral() as instance:
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
    if result.success and receipt:
        status = PUBLISHED if receipt["published"] else UNCHANGED
        return Outcome(
            status, now, "" if receipt["published"] else "same content", files, None, warnings
        )
    held = evidence.held(settings)
    if held and not _broken(result):
        return Outcome(HELD_BACK, now, str(held["message"]), files, held, warnings)
    raise _failure(result, now)


def _broken(result: Any) -> Exception | None:
    """The first step that failed for another reason than a gate's verdict."""
    for event in result.filter_events(lambda event: event.is_step_failure):
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        name = error.cls_name if error else ""
        if name not in ("DagsterAssetCheckFailedError", "Failure"):
            return CommandError(
                "STEP_FAILED",
                f"{event.step_key} failed",
                (error.message if error else "").strip(),
                "correct the cause and run the same command again",
            )
    return None


def _failure(result: Any, now: str | None) -> Exception:
    served = f"; {now} is still served" if now else ""
    for event in result.filter_events(lambda event: event.is_step_failure):
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        message = (error.message if error else "no message").strip()
        logging.getLogger(__name__).info("%s", error)
        return CommandError(
            "STEP_FAILED",
            f"{event.step_key} failed{served}",
            message,
            "correct the cause and run the same command again; nothing was published",
        )
    return CommandError(
        "RUN_FAILED",
        f"the run failed before its first step{served}",
        "Dagster gave no step failure",
        "run the same command again",
    )


def prepare_dagster_home(settings: Settings) -> None:
    """Dagster's own home, with telemetry off and one writer at a time."""
    home = settings.paths.dagster
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not configuration.exists():
        configuration.write_text(
            "telemetry: {enabled: false}\nconcurrency: {pools: {default_limit: 1}}\n",
            encoding="utf-8",
        )


__all__ = ["OK", "Outcome", "run_pipeline"]
