"""The one job: everything from landing to the published version, in one process.

Knows the assets' selection and the executor. In-process, because each step of the default executor imports the whole
project again (54 s against 16 s for the same job). Must not know what the assets do.
"""

from typing import Any

import dagster as dg

PIPELINE = "pipeline"
SNAPSHOTS = "snapshots"
# The ops of reports on what is published, and what they make: none of them takes numbers away by failing.
REPORT_STEPS = {"published__snapshots": "snapshots", "published__digest": "digest"}


def pipeline_job() -> Any:
    return dg.define_asset_job(
        PIPELINE,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Ingest what is new, build, gate, publish, take due snapshots.",
    )


def snapshot_job() -> Any:
    return dg.define_asset_job(
        SNAPSHOTS,
        selection=dg.AssetSelection.assets(["published", "snapshots"]),
        executor_def=dg.in_process_executor,
        description="Take the snapshots of periods that have ended.",
    )
