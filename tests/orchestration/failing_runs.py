"""What test_crash_safety.py runs in forks of one process, armed with a failpoint: whole runs, and publishes alone."""

from __future__ import annotations

import sys
from pathlib import Path

from orchestration import expectations
from orchestration.cli import main
from orchestration.publish import publish
from orchestration.settings import arm_failpoint, load_settings

# Started in the process that forks, where its import is paid once; it answers one fork after the other.
expectations.prepare(load_settings())


def run() -> int:
    """`productops run` with the process that checks expectations of all forks."""
    for checker in expectations._started:
        checker.poll = lambda: None  # type: ignore[method-assign]  # no child of a fork
    return main(["run", "--quiet"])


def publish_alone() -> int:
    """Publish the build file of the first word into the folder of the second."""
    warehouse, published = map(Path, sys.argv[1:])
    arm_failpoint(load_settings())
    publish(warehouse, published, {"models": {}})
    return 0
