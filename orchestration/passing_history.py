"""A Dagster instance for one run in this process, which keeps no history.

Knows Dagster's storages. `execute_in_process` hands over every event itself, and `productops dev` keeps its history in
`data/dagster`; writing each event to an in-memory SQL database beside that costs more than the steps of a small run
(correctness never depends on history, case 137). Must not know any job.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
from dagster._core.event_api import EventRecordsResult
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log import InMemoryEventLogStorage
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.root import TemporaryLocalArtifactStorage
from dagster._core.storage.runs import InMemoryRunStorage


class _Unwritten(InMemoryEventLogStorage):
    """Answers every look-up as on the first day; those that each model and test cause, without asking its database."""

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Told to nobody: the caller of the run has the event already."""

    def get_asset_records(
        self, asset_keys: Sequence[dg.AssetKey] | None = None
    ) -> Sequence[AssetRecord]:
        return []

    def fetch_observations(
        self,
        records_filter: dg.AssetKey | dg.AssetRecordsFilter,
        limit: int,
        cursor: str | None = None,
        ascending: bool = False,
    ) -> EventRecordsResult:
        return EventRecordsResult([], cursor or "", False)


def passing_instance() -> dg.DagsterInstance:
    """What `DagsterInstance.ephemeral()` gives, without a written history."""
    return dg.DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),
        run_storage=InMemoryRunStorage(),
        event_storage=_Unwritten(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )
