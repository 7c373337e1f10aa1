"""Killed at every step, a publish leaves the old or the new version, and the same command again ends as if undisturbed."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.publish import publish

PUBLISH_POINTS = [
    "publish.copy",
    "publish.checkpoint",
    "publish.fsync",
    "publish.rename",
    "publish.pointer",
    "publish.done",
]
# The rest of a run; the points inside ingestion are proven in tests/ingestion.
RUN_POINTS = [
    "dbt.published.start",
    # Proven by the same code path; half a minute each, so only in the long form.
    pytest.param("commit_manifest", marks=pytest.mark.soak),
    pytest.param("dbt.staging.end", marks=pytest.mark.soak),
    pytest.param("dbt.published.end", marks=pytest.mark.soak),
    pytest.param("publish.pointer", marks=pytest.mark.soak),
]

_PUBLISH = """
import sys
from pathlib import Path
from ingestion import failpoints
from orchestration.settings import arm_failpoint, load_settings
from orchestration.publish import publish
arm_failpoint(load_settings({"PRODUCTOPS_FAILPOINT": sys.argv[3]}))
publish(Path(sys.argv[1]), Path(sys.argv[2]), {"models": {}})
"""

_RUN = """
import os, sys
os.environ.update(environment)
from orchestration.cli import main
sys.exit(main(["run", "--quiet"]))
"""


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


@pytest.mark.parametrize("mode", ["kill", "enospc"])
@pytest.mark.parametrize("point", PUBLISH_POINTS)
def test_case_118_a_publish_stopped_anywhere_leaves_the_old_or_the_new(
    tmp_path: Path, point: str, mode: str
) -> None:
    published = tmp_path / "published"
    publish(build_file(tmp_path / "old.duckdb", 10), published, {"models": {}})
    new = build_file(tmp_path / "new.duckdb", 20)
    undisturbed = publish(new, tmp_path / "undisturbed", {"models": {}})

    stopped = subprocess.run(
        [sys.executable, "-c", _PUBLISH, str(new), str(published), f"{point}:{mode}"],
        capture_output=True,
        text=True,
    )
    assert stopped.returncode == (-signal.SIGKILL if mode == "kill" else 1), stopped.stderr
    assert readable_rows(published) in (10, 20)

    again = publish(new, published, {"models": {}})
    assert again.content_hash == undisturbed.content_hash
    assert readable_rows(published) == 20
    assert not list(published.glob(".*")), "nothing is left over"


def readable_rows(published: Path) -> int:
    from dashboards.published import open_version

    with open_version(published) as version:
        return int(version.query("select count(*) as n from marts.fct_events")["n"][0])


@pytest.fixture(scope="module")
def server() -> multiprocessing.context.ForkServerContext:
    """Processes that start with the heavy imports done: a kill costs two seconds instead of ten."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["dagster", "dagster_dbt", "dbt.cli.main", "duckdb"])
    return context


@pytest.fixture(scope="module")
def undisturbed(kept, events, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the same events delivered and built at once, from nothing, in another folder."""
    source, _ = kept
    root = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(source.root / "company", root / "company")
    shutil.copytree(source.root / "project", root / "project")
    other = type(source)(root)
    other.land("all.ndjson", events(90))
    assert other.run().status == "published"
    return other.content_hash()


@pytest.mark.parametrize("point", RUN_POINTS)
def test_inv_10_a_killed_run_is_repaired_by_the_same_command(
    good, events, server, undisturbed, point: str
) -> None:
    good.land("second.ndjson", events(30, 60))
    process = server.Process(
        target=exec,
        args=(_RUN, {"environment": {**good.environment, "PRODUCTOPS_FAILPOINT": f"{point}:kill"}}),
    )
    process.start()
    process.join(240)
    assert process.exitcode == -signal.SIGKILL
    assert good.current() == "v000001"

    outcome = good.run()
    assert outcome.exit_code == 0, outcome
    assert good.content_hash() == undisturbed
    assert good.query("select count(*) from marts.fct_events") == [(90,)]
