"""Stopped at every step, a run leaves the old or the new version, and the same command again ends as if undisturbed."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import failpoints
from orchestration.publish import publish

PUBLISH_POINTS = [
    "publish.copy",
    "publish.checkpoint",
    "publish.ledger",
    "publish.fsync",
    "publish.rename",
    "publish.pointer",
    "publish.done",
]
# Every named state change of a run, in order (requirements, section 2).
RUN_POINTS = [
    *failpoints.POINTS,
    "audit.contract",
    "audit.raw",
    "dbt.staging.start",
    "dbt.staging.end",
    "audit.staging",
    "dbt.published.start",
    "dbt.published.end",
    "audit.marts",
    # To a whole run the ledger is one more file of the folder that is not in place yet.
    *(point for point in PUBLISH_POINTS if point != "publish.ledger"),
    "publish.finished",
    "notify",
]
MODES = ["kill", "raise", "enospc", "eio", "eacces"]
# Ingestion is stopped at each of its points, in every mode, by tests/ingestion, and publishing by case 118; whole runs try
# those that differ for the build: before and after the manifest's commit, before and after the pointer's move.
PROVEN_IN_PARTS = {*failpoints.POINTS, *PUBLISH_POINTS}
IN_SHORT = {"commit_manifest", "committed", "publish.pointer", "publish.done"}
PUBLISHES = ("publish.done", "publish.finished", "notify")  # the pointer has moved

Order = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def undisturbed(kept, events, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same events delivered and built at once, from nothing, in another folder."""
    source, _ = kept
    root = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(source.root / "company", root / "company")
    shutil.copytree(source.root / "project", root / "project")
    other = type(source)(root)
    other.land("all.ndjson", events(90))
    return other


@pytest.fixture(scope="module")
def order(undisturbed) -> Iterator[Order]:
    """Orders for the process that fails in forks; its first work is the undisturbed run."""
    program = Path(__file__).with_name("failing_runs.py")
    process = subprocess.Popen(
        [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None

    def tell(**words: Any) -> dict[str, Any]:
        process.stdin.write(json.dumps(words) + "\n")
        process.stdin.flush()
        return dict(json.loads(process.stdout.readline()))

    assert tell(what="prepare", environment=undisturbed.environment)["code"] == 0
    yield tell
    process.stdin.close()
    assert process.wait(30) == 0


def build_file(path: Path, rows: int) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute("create schema kpis")
        connection.execute(
            f"create table marts.fct_events as select n as event_id, random() > 2 as odd from range({rows}) as t(n)"
        )
        connection.execute(
            "create table kpis.kpi_events as select count(*) as value from marts.fct_events"
        )
    return path


def readable_rows(published: Path) -> int:
    from dashboards.published import open_version

    with open_version(published) as version:
        return int(version.query("select count(*) as n from marts.fct_events")["n"][0])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("point", PUBLISH_POINTS)
def test_case_118_a_publish_stopped_anywhere_leaves_the_old_or_the_new(
    tmp_path: Path, order: Order, point: str, mode: str
) -> None:
    published = tmp_path / "published"
    publish(build_file(tmp_path / "old.duckdb", 10), published, {"models": {}})
    new = build_file(tmp_path / "new.duckdb", 20)
    undisturbed = publish(new, tmp_path / "undisturbed", {"models": {}})

    stopped = order(
        what="publish",
        environment={"PRODUCTOPS_FAILPOINT": f"{point}:{mode}"},
        warehouse=str(new),
        published=str(published),
    )
    assert stopped["code"] == (-signal.SIGKILL if mode == "kill" else 1), stopped
    assert readable_rows(published) in (10, 20)

    again = publish(new, published, {"models": {}})
    assert again.content_hash == undisturbed.content_hash
    assert readable_rows(published) == 20
    assert not list(published.glob(".*")), "nothing is left over"


def _is_short(point: str, mode: str) -> bool:
    return mode == "kill" and (point not in PROVEN_IN_PARTS or point in IN_SHORT)


@pytest.mark.parametrize(
    ("point", "mode"),
    [
        pytest.param(point, mode, marks=[] if _is_short(point, mode) else [pytest.mark.soak])
        for mode in MODES
        for point in RUN_POINTS
    ],
)
def test_inv_10_a_run_stopped_anywhere_is_repaired_by_the_same_command(
    good, events, order: Order, undisturbed, point: str, mode: str
) -> None:
    good.land("second.ndjson", events(30, 60))
    stopped = order(
        what="run",
        environment={**good.environment, "PRODUCTOPS_FAILPOINT": f"{point}:{mode}"},
    )
    # A report that cannot be made takes no numbers away (case 160): there a run that is not killed goes on.
    told = 0 if point == "notify" else 1
    assert stopped["code"] == (-signal.SIGKILL if mode == "kill" else told), stopped
    if mode != "kill":
        assert not stopped["said"].startswith("Traceback"), stopped["said"]
    if mode == "enospc" and told:
        assert "DISK_FULL" in stopped["said"], stopped["said"]
    assert good.current() == ("v000002" if point in PUBLISHES else "v000001")

    outcome = good.run()
    assert outcome.exit_code == 0, outcome
    assert good.content_hash() == undisturbed.content_hash()
    assert good.query("select count(*) from marts.fct_events") == [(90,)]


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_inv_10_two_hundred_runs_killed_at_random_moments(
    good, events, order: Order, undisturbed
) -> None:
    """SIGKILL at no named point: a timer strikes while the run is at work, and the next run is struck as well."""
    chance = random.Random(7)
    good.land("second.ndjson", events(30, 60))
    for _ in range(200):
        order(
            what="run",
            environment={**good.environment, "PRODUCTOPS_FAILPOINT": ""},
            kill_after=chance.uniform(0.0, 4.0),
        )
        assert readable_rows(good.published) in (60, 90)
    assert good.run().exit_code == 0
    assert good.content_hash() == undisturbed.content_hash()
