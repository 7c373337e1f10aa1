"""The process that runs Great Expectations: started early, because its import is longer than its work.

Knows how to start it, give it the new loads and read its verdicts. It ends when this process ends, because its input
closes. Must not know any expectation.
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
    if _started and _started[0].poll() is not None:
        _started.clear()
    if not _started:
        _started.append(_start(settings))


def check(
    settings: Settings, new_loads: Mapping[tuple[str, str], Collection[int]]
) -> list[GateResult]:
    """The verdicts on the new loads; none when there are none."""
    if not new_loads:
        return []
    prepare(settings)
    process = _started[0]
    order = {
        "lake": str(settings.paths.raw),
        "new_loads": [[*table, sorted(loads)] for table, loads in sorted(new_loads.items())],
        "scratch": str(settings.paths.tmp),
    }
    try:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    except OSError:
        answer = ""
    if not answer:
        _started.clear()
        return [_broken(settings)]
    return [
        GateResult(**{name: row[name] for name in GateResult.__dataclass_fields__})
        for row in json.loads(answer)
    ]


def _start(settings: Settings) -> subprocess.Popen[str]:
    settings.logs_dir.mkdir(parents=True, exist_ok=True)
    with open(settings.logs_dir / "expectations.log", "w", encoding="utf-8") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "quality.suites"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=REPOSITORY,
            env=child_environment(settings),
        )


def _broken(settings: Settings) -> GateResult:
    """A check that could not be made is not passed."""
    return GateResult(
        "contract",
        HOLD,
        False,
        f"the expectations could not be checked; {settings.logs_dir / 'expectations.log'} says why",
        fix="run the same command again; productops doctor",
    )
