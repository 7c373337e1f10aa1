"""Stopped at every step, a run leaves the old or the new version, and the same command again ends as if undisturbed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warm import CLONE, PRODUCTOPS, Warm

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
# Runs struck one after the other, each on what the one before left; then one that is not. A build that did not reach its end
# is thrown away, so those that strike it leave the same; each alone, and in every mode, is for `make soak`. Ingestion is
# stopped at each of its points by tests/ingestion, and publishing by case 118: of theirs there are those that differ for a
# run, before and after the commit of the manifest, before and after the move of the pointer.
CHAINS = [
    ("commit_manifest", "committed", "audit.contract", "audit.raw", "dbt.staging.start"),
    ("dbt.staging.end", "audit.staging", "dbt.published.start"),
    ("dbt.published.end", "audit.marts", "publish.pointer"),
    ("publish.done", "publish.finished"),
    ("notify",),
]
PUBLISHES = ("publish.done", "publish.finished", "notify")  # the pointer has moved

Call = Callable[..., subprocess.CompletedProcess[str]]


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
def call(undisturbed) -> Iterator[Call]:
    """Calls in forks of one process; the first is the undisturbed run."""
    here = {**os.environ, **undisturbed.environment}
    process = Warm(
        *("orchestration.definitions", "dbt.cli.main", "dbt.adapters.duckdb", "failing_runs"),
        path=(CLONE, Path(__file__).parent),
        environment=here,
    )

    def calls(
        program: str, *words: str, environment: dict[str, str], **more: Any
    ) -> subprocess.CompletedProcess[str]:
        return process.call(
            *words, program=program, environment={**here, **environment}, cwd=CLONE, **more
        )

    first = calls("failing_runs:run", environment={})
    assert first.returncode == 0, first
    yield calls
    process.close()


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


@dataclass(frozen=True)
class ToPublish:
    """A folder with one published version, the build file that comes next, and what it holds when nothing disturbs it."""

    published: Path
    new: Path
    content_hash: str


@pytest.fixture(scope="module")
def to_publish(tmp_path_factory: pytest.TempPathFactory) -> ToPublish:
    root = tmp_path_factory.mktemp("to_publish")
    publish(build_file(root / "old.duckdb", 10), root / "published", {"models": {}})
    new = build_file(root / "new.duckdb", 20)
    undisturbed = publish(new, root / "undisturbed", {"models": {}})
    return ToPublish(root / "published", new, undisturbed.content_hash)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("point", PUBLISH_POINTS)
def test_case_118_a_publish_stopped_anywhere_leaves_the_old_or_the_new(
    tmp_path: Path, call: Call, to_publish: ToPublish, point: str, mode: str
) -> None:
    published = tmp_path / "published"
    shutil.copytree(to_publish.published, published)
    words = (str(to_publish.new), str(published))
    armed = {"PRODUCTOPS_FAILPOINT": f"{point}:{mode}"}
    stopped = call("failing_runs:publish_alone", *words, environment=armed)
    assert stopped.returncode == (-signal.SIGKILL if mode == "kill" else 1), stopped
    assert readable_rows(published) in (10, 20)

    again = publish(to_publish.new, published, {"models": {}})
    assert again.content_hash == to_publish.content_hash
    assert readable_rows(published) == 20
    assert not list(published.glob(".*")), "nothing is left over"


def is_stopped(call: Call, workspace, point: str, mode: str) -> None:
    """A run that is struck at this point ends as the mode says, and serves the old or the new version."""
    armed = {**workspace.environment, "PRODUCTOPS_FAILPOINT": f"{point}:{mode}"}
    stopped = call("failing_runs:run", environment=armed)
    # A report that cannot be made takes no numbers away (case 160): there a run that is not killed goes on.
    told = 0 if point == "notify" else 1
    assert stopped.returncode == (-signal.SIGKILL if mode == "kill" else told), stopped
    if mode != "kill":
        assert not stopped.stderr.startswith("Traceback"), stopped.stderr
    if mode == "enospc" and told:
        assert "DISK_FULL" in stopped.stderr, stopped.stderr
    assert workspace.current() == ("v000002" if point in PUBLISHES else "v000001")


def is_repaired(workspace, undisturbed) -> None:
    """The same command ends well, with the numbers of a run that nothing disturbed."""
    outcome = workspace.run()
    assert outcome.exit_code == 0, outcome
    assert workspace.content_hash() == undisturbed.content_hash()
    assert workspace.query("select count(*) from marts.fct_events") == [(90,)]


@pytest.mark.parametrize("chain", CHAINS, ids=lambda points: points[0])
def test_inv_10_runs_killed_at_one_point_after_the_other_are_repaired_by_the_same_command(
    good, events, call: Call, undisturbed, chain: tuple[str, ...]
) -> None:
    good.land("second.ndjson", events(30, 60))
    for point in chain:
        is_stopped(call, good, point, "kill")
    is_repaired(good, undisturbed)


def test_every_point_of_a_run_is_struck_in_a_chain_or_in_parts() -> None:
    struck = [point for chain in CHAINS for point in chain]
    assert len(struck) == len(set(struck))
    assert set(RUN_POINTS) - set(struck) <= {*failpoints.POINTS, *PUBLISH_POINTS}


@pytest.mark.soak
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("point", RUN_POINTS)
def test_inv_10_a_run_stopped_anywhere_is_repaired_by_the_same_command(
    good, events, call: Call, undisturbed, point: str, mode: str
) -> None:
    good.land("second.ndjson", events(30, 60))
    is_stopped(call, good, point, mode)
    is_repaired(good, undisturbed)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_inv_10_two_hundred_runs_killed_at_random_moments(
    good, events, call: Call, undisturbed
) -> None:
    """SIGKILL at no named point: a timer strikes while the run is at work, and the next run is struck as well."""
    chance = random.Random(7)
    good.land("second.ndjson", events(30, 60))
    for _ in range(200):
        call(
            *(PRODUCTOPS, "run", "--quiet"),
            environment={**good.environment, "PRODUCTOPS_FAILPOINT": ""},
            kill_after=chance.uniform(0.0, 4.0),
        )
        assert readable_rows(good.published) in (60, 90)
    assert good.run().exit_code == 0
    assert good.content_hash() == undisturbed.content_hash()
