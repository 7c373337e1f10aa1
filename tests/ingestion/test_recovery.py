"""Failing at every step: what was acknowledged stays, what was not leaves no trace, the same call again suffices."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from ingestion import failpoints
from ingestion.load import DiskFull, FileRequest, ingest, pending, recount, recover
from ingestion.manifest import Manifest


class Stop(Exception):
    """Raised by a test's failpoint."""


@pytest.fixture
def fail():
    def at(name: str, error: Exception) -> None:
        def hook(reached: str) -> None:
            if reached == name:
                raise error

        failpoints.arm(hook)

    yield at
    failpoints.disarm()


@pytest.mark.parametrize("point", failpoints.POINTS)
def test_case_116_a_failure_at_any_point_leaves_nothing_and_the_next_run_loads(
    lake, make, fail, point
):
    before = lake.deliver(make.many("amplitude", range(3)), "amplitude", "a.json")
    path = lake.inbox / "b.json"
    path.write_bytes(make.many("amplitude", range(2, 9)))
    fail(point, Stop())
    with pytest.raises(Stop):
        ingest(lake.paths, [FileRequest(path, "amplitude", "p")])
    failpoints.disarm()
    assert len(lake.rows("amplitude.events")) == before.loaded
    report = lake.ingest(path, "amplitude")
    assert (report.loaded, report.duplicate) == (6, 1)
    assert lake.ingest(path, "amplitude").status == "duplicate"


@pytest.mark.parametrize("point", ["claim", "stage", "fsync", "rename"])
def test_case_029_a_full_disk_is_named_and_the_next_run_resumes(lake, make, fail, point):
    path = lake.inbox / "b.json"
    path.write_bytes(make.many("amplitude", range(4)))
    fail(point, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(DiskFull, match="DISK_FULL"):
        ingest(lake.paths, [FileRequest(path, "amplitude", "p")])
    failpoints.disarm()
    assert lake.ingest(path, "amplitude").loaded == 4


KILLED = """
import os, signal, sys
from pathlib import Path
from ingestion import failpoints
from ingestion.landing import DataPaths
from ingestion.load import FileRequest, ingest
point, root, path = sys.argv[1:]
def hook(name):
    if name == point:
        os.kill(os.getpid(), signal.SIGKILL)
failpoints.arm(hook)
ingest(DataPaths(Path(root)), [FileRequest(Path(path), "amplitude", "p")])
"""


@pytest.mark.parametrize("point", ["parse", "stage", "rename", "commit_manifest"])
def test_case_116_sigkill_is_survived(lake, make, point):
    lake.deliver(make.many("amplitude", range(3)), "amplitude", "a.json")
    path = lake.inbox / "b.json"
    path.write_bytes(make.many("amplitude", range(2, 9)))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), point, str(lake.paths.root), str(path)],
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    report = lake.ingest(path, "amplitude")
    assert (report.loaded, report.duplicate) == (6, 1)


def test_counts_that_were_not_finished_are_finished_by_the_next_start(lake, make):
    lake.deliver(make.many("amplitude", range(3)), "amplitude", "a.json")
    with Manifest(lake.paths.manifest) as manifest, manifest.transaction() as con:
        con.execute("update loads set loaded = 0")
        con.execute("insert into recounts values ('amplitude', 'p', 'events')")
    recover(lake.paths)
    assert recount(lake.paths, "amplitude") == {1: (3, 0)}
    lake.check()


def test_a_load_folder_without_manifest_entry_is_removed(lake, make):
    lake.deliver(make.many("amplitude", range(3)), "amplitude", "a.json")
    stray = lake.paths.load_dir("amplitude", "events", 99)
    stray.mkdir()
    (stray / "part-0.parquet").write_bytes(b"half")
    assert stray in recover(lake.paths)
    assert not stray.exists()


def test_one_bad_file_does_not_keep_the_others_from_loading(lake, make):
    folder = lake.paths.landing / "mixpanel" / "p"
    folder.mkdir(parents=True)
    (folder / "a.json").write_bytes(make.many("mixpanel", [1]))
    (folder / "b.json").write_bytes(b"<html>login")
    (folder / "c.json").write_bytes(make.many("mixpanel", [2]))
    reports = ingest(lake.paths, pending(lake.paths))
    assert [r.status for r in reports] == ["loaded", "rejected", "loaded"]
    assert pending(lake.paths) == []
    lake.check()


def test_case_003_a_rejected_file_is_taken_up_when_it_is_completed(lake, make):
    folder = lake.paths.landing / "mixpanel" / "p"
    folder.mkdir(parents=True)
    path = folder / "a.json"
    path.write_bytes(make.many("mixpanel", [1]) + b"terminated early\n")
    assert ingest(lake.paths, pending(lake.paths))[0].status == "rejected"
    path.write_bytes(make.many("mixpanel", [1, 2]))
    os.utime(path, (1, 1))
    assert ingest(lake.paths, pending(lake.paths))[0].loaded == 2


def test_case_026_memory_stays_bounded(lake, make):
    """A gzip of 150 MB of events in a process that may use 900 MB of memory for them."""
    line = make.lines(make.mixpanel(1, time=1_709_597_998, pad="x" * 900))
    import gzip

    path = lake.inbox / "big.json.gz"
    with gzip.open(path, "wb", 1) as handle:
        for block in range(150):
            chunk = b"".join(line.replace(b"ins-1", b"ins-%d-%d" % (block, n)) for n in range(900))
            handle.write(chunk)
    script = f"""
import resource
from pathlib import Path
from ingestion.landing import DataPaths
from ingestion.load import FileRequest, ingest
report = ingest(DataPaths(Path({str(lake.paths.root)!r})), [FileRequest(Path({str(path)!r}), "mixpanel", "p")])[0]
print(report.loaded, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    loaded, peak = map(int, done.stdout.split())
    assert loaded == 150 * 900
    assert peak < 1000
