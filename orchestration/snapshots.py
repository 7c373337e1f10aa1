"""Which snapshots are due, and the call that takes them.

Knows the periods that have ended by the published version's own time, and dashboards' snapshot taker. Must not know
what a snapshot looks like. A period is due once its data is complete; each is taken once, whoever asks.
"""

from __future__ import annotations

import importlib.util

from orchestration.settings import Settings


def take_due(settings: Settings) -> list[str]:
    """Take the snapshot of the last complete week and month where there is none yet; the periods taken."""
    if importlib.util.find_spec("dashboards.snapshots.take") is None and not _has_taker():
        return []
    from dashboards import snapshots
    from dashboards.published import NoVersion, open_version

    try:
        with open_version(settings.paths.published) as published:
            due = snapshots.due(published, settings.paths.snapshots)
            for period in due:
                snapshots.take(published, settings.paths.snapshots, period)
    except NoVersion:
        return []
    return [str(period) for period in due]


def _has_taker() -> bool:
    from dashboards import snapshots

    return hasattr(snapshots, "take") and hasattr(snapshots, "due")
