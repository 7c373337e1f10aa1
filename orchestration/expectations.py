"""The process that runs Great Expectations: started early, because its import is longer than its work.

Knows how to start it, give it the new loads and read its verdicts. Must not know any expectation.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Mapping

from orchestration.settings import REPOSITORY, Settings, child_environment
from quality.gate import HOLD, GateResult

_started: list[subprocess.Popen[str]] = []


def prepare(settings: Settings) -> None:
    """Start the process while files are still being read; nothing happens when it runs already."""
    if not _started:
        _started.append(_start(settings))


def check(
    settings: Settings, new_loads: Mapping[tuple[str, str], Collection[int]]
) -> list[GateResult]:
    """The verdicts on the new loads; none when there are none."""
    if not new_loads:
        dismiss()
        return []
    process = _started.pop() if _started else _start(settings)
    order = {
        "lake": str(settings.paths.raw),
        "new_loads": [[*table, sorted(loads)] for table, loads in sorted(new_loads.items())],
        "scratch": str(settings.paths.tmp),
    }
    answer, complaints = process.communicate(json.dumps(order) + "\n")
    if process.returncode != 0:
        return [_broken(complaints)]
    return [
        GateResult(**{name: row[name] for name in GateResult.__dataclass_fields__})
        for row in json.loads(answer or "[]")
    ]


def dismiss() -> None:
    """End a process that was started and is not needed."""
    while _started:
        process = _started.pop()
        process.kill()
        process.communicate()


def _start(settings: Settings) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "quality.suites"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env=child_environment(settings),
    )


def _broken(complaints: str) -> GateResult:
    """A check that could not be made is not passed."""
    last = complaints.strip().splitlines()[-1] if complaints.strip() else "no message"
    return GateResult(
        "contract",
        HOLD,
        False,
        f"the expectations could not be checked: {last}",
        fix="run the same command again; productops doctor",
    )
