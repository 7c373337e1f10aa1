"""Which tests share a worker, and which start first.

Knows what is costly to make and used by several tests: made in both workers it would cost twice. The longest groups start
first, so that no worker is left with one of them at the end. Must not know what any test does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine's other work than about our code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

HERE = Path(__file__).parent
# Folder or file, longest first; each is worked off by one worker.
GROUPS = [
    "orchestration",  # a published workspace, and a process with everything imported that fails in forks
    "browser",  # a demo company, a running dashboard and a browser
    "dbt_project",  # a parsed project and a story told in raw tables
    "acceptance",
    "demo",
    "house/test_extend.py",  # a copy of the clone, extended and built
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadgroup` by folder: the marker of pytest-xdist 3.8 groups nothing under pytest 9."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling  # the leg on DuckDB 2 has no xdist

    class Groups(LoadScopeScheduling):  # type: ignore[misc]
        """Tests of one group go to one worker; any other test goes to whichever is free."""

        def _split_scope(self, nodeid: str) -> str:
            rank = _rank(nodeid)
            return GROUPS[rank] if rank < len(GROUPS) else nodeid

    return Groups(config, log)


def _rank(nodeid: str) -> int:
    inside = nodeid.split("::")[0].removeprefix(f"{HERE.name}/")
    for rank, group in enumerate(GROUPS):
        if inside == group or inside.startswith(f"{group}/"):
            return rank
    return len(GROUPS)
