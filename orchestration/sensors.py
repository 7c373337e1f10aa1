"""Watch the landing folder: a run once new files are whole and have stopped changing.

Knows how long to wait, and which files still wait. The cursor holds only what was seen last time, so that losing it
costs one tick; ingestion's manifest decides what is new. Must not know what is in a file.
"""

import hashlib
import json
import os
import time

import dagster as dg

from orchestration.evidence import leave_waiting
from orchestration.jobs import PIPELINE
from orchestration.settings import Settings

INTERVAL_SECONDS = 30
# At rest means: the same size, time and bytes at two looks this far apart, whatever the file system's clock says.
# A file without its end (a cut container, a line without newline) is given this long before it is taken as it is.
GRACE_SECONDS = 3600.0
# A run with this tag leaves out the files that the sensor still waits for.
AT_REST_ONLY = {"productops/landing": "at-rest"}


def landing_sensor(settings: Settings) -> dg.SensorDefinition:
    """One run for all files that came to rest; its key is how they look, so the same files never run twice."""

    @dg.sensor(name="landing", job_name=PIPELINE, minimum_interval_seconds=INTERVAL_SECONDS)
    def landing(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from ingestion.at_rest import look, missing_end
        from ingestion.pending import pending

        before: dict[str, list[object]] = json.loads(context.cursor) if context.cursor else {}
        now = time.time()
        seen: dict[str, list[object]] = {}
        ready: list[str] = []
        waiting: dict[str, str] = {}
        for request in pending(settings.paths):
            path, looks = str(request.path), look(request.path)
            last = before.get(path)
            if last is None or last[0] != looks:
                seen[path] = [looks, now]
                waiting[path] = "it is still changing"
                continue
            seen[path] = last
            without_end = missing_end(request.path)
            if without_end and now - float(str(last[1])) < GRACE_SECONDS:
                waiting[path] = without_end
            else:
                ready.append(path)
        cursor = json.dumps(seen)
        if not seen:
            return dg.SensorResult(skip_reason="nothing new in the landing folder", cursor=cursor)
        if not ready:
            first = sorted(waiting)[0]
            return dg.SensorResult(
                skip_reason=f"waiting for {len(waiting)} file(s): {os.path.basename(first)}: {waiting[first]}",
                cursor=cursor,
            )
        leave_waiting(settings, sorted(waiting))
        key = hashlib.sha256(json.dumps([[p, seen[p][0]] for p in sorted(ready)]).encode())
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=key.hexdigest(), tags=AT_REST_ONLY)], cursor=cursor
        )

    return landing
