"""Which tests share a worker, and which start first.

Knows what is costly to make and used by several tests: made in both workers it would cost twice. The longest groups start
first, so that no worker is left with one of them at the end. Must not know what any test does.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Folder or file, longest first; each is one group of `--dist loadgroup`, whatever it shares.
GROUPS = [
    "orchestration/test_crash_safety.py",  # a process with everything imported, which fails in forks
    "browser",  # a demo company, a running dashboard and a browser
    "orchestration",  # a published workspace
    "dbt_project",  # a parsed project and a story told in raw tables
    "acceptance",
    "demo",
    "house/test_extend.py",  # a copy of the clone, extended and built
]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)
    for item in items:
        rank = _rank(item)
        if rank < len(GROUPS) and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(GROUPS[rank]))


def _rank(item: pytest.Item) -> int:
    inside = item.path.relative_to(HERE).as_posix() if item.path.is_relative_to(HERE) else ""
    for rank, group in enumerate(GROUPS):
        if inside == group or inside.startswith(f"{group}/"):
            return rank
    return len(GROUPS)
