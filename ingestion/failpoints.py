"""Named points where a test can make ingestion fail.

Knows: the names of the state changes. Must not know: how a failure is asked for; orchestration arms the hook.
"""

from __future__ import annotations

from collections.abc import Callable

POINTS = (
    "land", "claim", "parse", "stage", "fsync", "rename", "archive", "commit_manifest", "committed", "recount",
)  # fmt: skip

_hooks: list[Callable[[str], None]] = []


def reach(name: str) -> None:
    """Tells the armed hook that `name` is reached; does nothing when none is armed."""
    for hook in _hooks:
        hook(name)


def arm(hook: Callable[[str], None]) -> None:
    """Installs the one hook of this process; the hook may raise, sleep or kill."""
    _hooks[:] = [hook]


def disarm() -> None:
    """Removes the hook."""
    _hooks.clear()
