"""Watch the landing folder: a run once new files are whole and have stopped changing.

Knows sizes, times and content of landed files. The cursor holds only what was seen last time, so that losing it costs
one tick; ingestion's manifest decides what is new. Must not know what is in a file.
"""

import hashlib
import json
import os

import dagster as dg

from orchestration.jobs import PIPELINE
from orchestration.settings import Settings

INTERVAL_SECONDS = 30
# Stable means: same size and time at two looks this far apart, whatever the file system's clock says (case 28).
STABLE_LOOKS = 2


def landing_sensor(settings: Settings) -> dg.SensorDefinition:
    """One run for all files that became stable; its key is their content, so the same files never run twice."""

    @dg.sensor(
        name="landing",
        job_name=PIPELINE,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def landing(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from ingestion.load import pending

        seen = {str(request.path): _look(str(request.path)) for request in pending(settings.paths)}
        before: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
        if not seen:
            return dg.SensorResult(skip_reason="nothing new in the landing folder", cursor="{}")
        moving = sorted(path for path, look in seen.items() if before.get(path) != look)
        cursor = json.dumps(seen)
        if moving:
            return dg.SensorResult(
                skip_reason=f"waiting for {len(moving)} file(s) to stop changing: {os.path.basename(moving[0])}",
                cursor=cursor,
            )
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=_content(sorted(seen)))], cursor=cursor
        )

    return landing


def _look(path: str) -> str:
    try:
        status = os.lstat(path)
    except OSError:
        return "gone"
    return f"{status.st_size}:{status.st_mtime_ns}"


def _content(paths: list[str]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.encode())
        if os.path.isfile(path) and not os.path.islink(path):
            with open(path, "rb") as handle:
                digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()
