"""Which tests share a worker, which start first, and the built demo company that several folders share.

Knows what is costly to make and used by several tests: made in both workers it would cost twice. The longest groups start
first, so that no worker is left with one of them at the end. Must not know what any test does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine's other work than about our code. The normal suite is the same on every
# machine; `make soak` looks for new examples.
settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
settings.register_profile("explore", derandomize=False, print_blob=True)

HERE = Path(__file__).parent
# Folders and files that one worker works off together, longest first.
GROUPS = [
    ("browser", "demo", "house/test_extend.py"),  # a built demo company, pages served, a browser
    ("orchestration",),  # a published workspace, and a process with everything imported
    ("dbt_project",),  # a parsed project and a story told in raw tables
    ("acceptance",),
    ("ingestion/test_conformance.py",),  # all literal exports in one data folder
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
            return GROUPS[rank][0] if rank < len(GROUPS) else nodeid

    return Groups(config, log)


def _rank(nodeid: str) -> int:
    inside = nodeid.split("::")[0].removeprefix(f"{HERE.name}/")
    found = [
        (len(place), rank)
        for rank, group in enumerate(GROUPS)
        for place in group
        if inside == place or inside.startswith(f"{place}/")
    ]
    return max(found)[1] if found else len(GROUPS)  # a file of its own before its folder


@pytest.fixture(scope="session")
def built_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The demo company with one export corrupted; made, ingested, built, gated and published by an extended clone."""
    from built_demo import Demo, build  # the leg on DuckDB 2 has no Dagster
    from warm import Warm

    home = tmp_path_factory.mktemp("demo")
    build(home)
    process = Warm(path=(home / "clone",))
    yield Demo(home, process)
    process.close()
