"""Which snapshots are due, and the call that takes them.

Knows the published folder and dashboards' snapshot taker. Must not know what a snapshot looks like. A period is due
once it has ended by the data's own time; each is taken once, whoever asks.
"""

from __future__ import annotations

from orchestration.settings import Settings


def take_due(settings: Settings) -> list[str]:
    """Take the snapshot of every newest complete period that has none yet; the periods taken."""
    if not (settings.paths.published / "CURRENT").exists():
        return []
    from dashboards import snapshots
    from dashboards.published import open_version

    with open_version(settings.paths.published) as published:
        due = [str(period) for period in snapshots.due(published, settings.paths.snapshots)]
        for period in due:
            snapshots.take(published, settings.paths.snapshots, period)
    return due


def take_period(settings: Settings, period: str) -> str:
    """Take one period's snapshot from the current version; the period as it is written."""
    from dashboards import snapshots
    from dashboards.published import open_version

    with open_version(settings.paths.published) as published:
        return snapshots.take(published, settings.paths.snapshots, period).period
