"""A whole run: what it publishes, and that nothing new changes nothing."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from orchestration import lock, versions
from orchestration.errors import BUSY, CommandError
from orchestration.publish import verify_file

EXECUTABLE = [sys.executable, "-m", "orchestration.cli"]


def call(workspace, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EXECUTABLE, *words],
        env={**os.environ, **workspace.environment, **extra},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_version_is_whole_and_says_what_it_is(good) -> None:
    folder = good.published / "v000001"
    assert sorted(p.name for p in folder.iterdir()) == [
        "definitions.json",
        "inputs.json",
        "manifest.json",
        "restatements.parquet",
        "warehouse.duckdb",
    ]
    assert verify_file(good.published, "v000001")
    definitions = json.loads((folder / "definitions.json").read_text())
    assert definitions["version"] == "v000001"
    assert definitions["data_through"] == "2024-03-03T11:00:00"
    assert definitions["models"]["kpi_events"]["compiled_sql"].startswith("select")
    assert {gate["name"] for gate in definitions["gates"]} >= {
        "contract",
        "reconciliation",
        "live_rows",
        "grain",
    }
    assert definitions["tests"] == {"passed": 2, "failed": 0, "warned": []}
    (source,) = definitions["sources"]
    assert (source["source"], source["loaded"]) == ("events", 60)


def test_case_131_files_have_the_format_that_is_pinned(good) -> None:
    for file in (good.settings.paths.warehouse, good.published / "v000001" / "warehouse.duckdb"):
        with duckdb.connect(str(file), read_only=True) as connection:
            (tags,) = connection.execute(
                "select tags from duckdb_databases() where database_name = 'warehouse'"
            ).fetchone()
        assert tags["storage_version"] == "v1.3.0+"


def test_a_second_run_with_nothing_new_publishes_nothing(good) -> None:
    before = sorted(p.name for p in good.published.iterdir())
    outcome = good.run()
    assert (outcome.status, outcome.reason, outcome.exit_code) == ("unchanged", "nothing new", 0)
    assert sorted(p.name for p in good.published.iterdir()) == before


def test_inv_3_the_content_does_not_depend_on_how_files_were_delivered(good, fresh, events) -> None:
    """The same sixty events in two overlapping files, in another order."""
    fresh.land("b.ndjson", list(reversed(events(40, 20))))
    fresh.land("a.ndjson", events(30))
    assert fresh.run().status == "published"
    assert fresh.content_hash() == good.content_hash()


def test_case_122_a_second_writer_exits_busy_and_names_the_first(good) -> None:
    with lock.writer_lock(good.settings.lock_file, "run"):
        second = call(good, "run")
    assert second.returncode == BUSY
    assert f"pid {os.getpid()}" in second.stderr and second.stderr.startswith("BUSY:")


def test_case_122_the_lock_of_a_dead_process_holds_nobody(good) -> None:
    good.settings.lock_file.write_text('{"pid": 999999, "doing": "run"}')
    assert lock.owner(good.settings.lock_file) is None
    with lock.writer_lock(good.settings.lock_file, "run"):
        pass


def test_the_command_line_tells_the_state_of_a_workspace(good) -> None:
    status = call(good, "status", "--json")
    document = json.loads(status.stdout)
    assert (status.returncode, document["version"], document["held"]) == (0, "v000001", None)
    assert document["sources"][0]["records_seen"] == 60

    refused = call(good, "publish", "rollback")
    assert refused.returncode == 2 and "--yes" in refused.stderr

    nearest = call(good, "ingest", "x.zip", "--source", "amplitud")
    assert nearest.returncode == 2 and "did you mean `amplitude`" in nearest.stderr


def test_a_damaged_company_file_is_named_with_its_line(good) -> None:
    (good.root / "company/settings.yml").write_text("company: x\ntimezonee: UTC\n")
    broken = call(good, "run")
    assert broken.returncode == 1
    assert broken.stderr.startswith("COMPANY:") and "settings.yml:2" in broken.stderr
    assert "Traceback" not in broken.stderr


@pytest.mark.parametrize("file", ["target", ".user.yml"])
def test_what_tools_leave_behind_is_no_reason_to_build(good, file: str) -> None:
    (good.root / "project" / file).mkdir() if "." not in file else (
        good.root / "project" / file
    ).touch()
    assert good.run().status == "unchanged"


def test_case_145_readers_see_no_error_while_versions_come_and_go(good) -> None:
    """Readers open, read and close while versions are published and old ones removed."""
    from dashboards.published import open_version
    from orchestration.publish import rollback

    wrong: list[object] = []
    seen: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                with open_version(good.published) as published:
                    if published.query("select count(*) as n from marts.fct_events")["n"][0] != 60:
                        wrong.append("torn")
                    seen.append(published.version)
            except Exception as error:
                wrong.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(7):
            rollback(good.published, versions.current_id(good.published))
            versions.sweep(good.published, keep=3)
    finally:
        done.set()
        reader.join()
    assert not wrong
    assert seen == sorted(seen), "a reader went back to an older version"
    versions.sweep(good.published, keep=3, grace_seconds=0)
    assert len(versions.history(good.published)) == 3


def test_case_072_a_version_says_with_which_zone_data_it_was_made(good) -> None:
    told = json.loads((good.published / "v000001" / "manifest.json").read_text())["time_zones"]
    assert set(told) == {"python", "duckdb"}
    assert re.fullmatch(r"20\d\d[a-z]|unknown", told["python"]) and told["duckdb"]


def test_case_077_version_ids_only_grow(good) -> None:
    from orchestration.publish import rollback

    assert rollback(good.published, "v000001") == "v000002"
    assert versions.sweep(good.published, keep=1, grace_seconds=0) == ["v000001"]
    assert rollback(good.published, "v000002") == "v000003"


def test_a_rollback_is_a_new_version_with_the_old_content(good, events) -> None:
    from orchestration.publish import rollback

    first = good.content_hash()
    good.land("second.ndjson", events(30, 60))
    assert good.run().version == "v000002"
    assert good.content_hash() != first

    assert rollback(good.published) == "v000003"
    assert good.content_hash() == first
    (newest, *_) = versions.history(good.published)
    assert (newest.rolled_back_to, newest.current) == ("v000001", True)
    linked = [
        (good.published / v / "warehouse.duckdb").stat().st_ino for v in ("v000001", "v000003")
    ]
    assert linked[0] == linked[1], "a rollback costs no space"
    with pytest.raises(CommandError, match="did you mean v000003"):
        rollback(good.published, "v000004")


def test_a_pinned_version_is_never_removed(good) -> None:
    from orchestration.publish import rollback

    versions.pin(good.published, "v000001")
    for _ in range(3):
        rollback(good.published, versions.current_id(good.published))
    versions.sweep(good.published, keep=1, grace_seconds=0)
    assert [v.id for v in versions.history(good.published)] == ["v000004", "v000001"]


def test_help_is_quick_and_starts_with_examples() -> None:
    best = min(_timed() for _ in range(3))
    assert best < 0.3, f"--help took {best:.2f} s of CPU time"


def _timed() -> float:
    """CPU seconds of one call: the machine may be busy with other tests."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*EXECUTABLE, "--help"], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout.startswith("examples:") and done.returncode == 0
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
