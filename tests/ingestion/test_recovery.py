"""Failing at every step: what was acknowledged stays, what was not leaves no trace, the same call again suffices."""

from __future__ import annotations

import errno
import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion import failpoints
from ingestion.landing import DataPaths
from ingestion.load import DiskFull, FileRequest, ingest, recount, recover
from ingestion.manifest import Manifest
from ingestion.pending import pending

BEFORE_COMMIT = failpoints.POINTS[: failpoints.POINTS.index("committed")]


class Stop(Exception):
    """Raised by a test's failpoint."""


ERRORS = {
    "raise": Stop("stopped by the test"),
    "enospc": OSError(errno.ENOSPC, "No space left on device"),
    "eio": OSError(errno.EIO, "Input/output error"),
    "eacces": OSError(errno.EACCES, "Permission denied"),
}
MODES = (*ERRORS, "kill")

# One process prepares and forks for each kill, which then costs a fork and no start of Python.
KILLED = r"""
import os, signal, sys
from pathlib import Path
from ingestion import failpoints, load
from ingestion.landing import DataPaths
from ingestion.registry import readers
readers()
for line in sys.stdin:
    point, root, path = line.rstrip("\n").split("\t")
    child = os.fork()
    if child == 0:
        def hook(reached):
            if reached == point:
                os.kill(os.getpid(), signal.SIGKILL)
        failpoints.arm(hook)
        load.ingest(DataPaths(Path(root)), [load.FileRequest(Path(path), "amplitude", "p")])
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def killer() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.stdin.close()
    assert process.wait(10) == 0


def fail(lake, path: Path, point: str, mode: str, killer: subprocess.Popen[str]) -> None:
    """Ingests the file and fails at the point in this way."""
    if mode == "kill":
        killer.stdin.write(f"{point}\t{lake.paths.root}\t{path}\n")
        killer.stdin.flush()
        assert int(killer.stdout.readline()) == -signal.SIGKILL
        return

    def hook(reached: str) -> None:
        if reached == point:
            raise ERRORS[mode]

    failpoints.arm(hook)
    try:
        with pytest.raises(type(ERRORS[mode])) as told:
            ingest(lake.paths, [FileRequest(path, "amplitude", "p")])
    finally:
        failpoints.disarm()
    if mode == "enospc":
        assert isinstance(told.value, DiskFull) and told.value.code == "DISK_FULL"
        assert f"DISK_FULL: {path} needs about {2 * path.stat().st_size} bytes" in str(told.value)
        assert " are free" in str(told.value)


def two_files(lake, make) -> Path:
    """Three events that are acknowledged, and a file of seven that shares one with them."""
    assert lake.deliver(make.many("amplitude", range(3)), "amplitude", "a.json").loaded == 3
    path = lake.inbox / "b.json"
    path.write_bytes(make.many("amplitude", range(2, 9)))
    return path


@pytest.mark.parametrize("point", BEFORE_COMMIT)
def test_case_116_a_failure_before_the_commit_leaves_nothing_and_the_next_run_loads(
    lake, make, killer, point
):
    """Also case 29: a full disk at every step is told as DISK_FULL with needed and free bytes."""
    path = two_files(lake, make)
    for mode in MODES:
        fail(lake, path, point, mode, killer)
        assert len(lake.rows("amplitude.events")) == 3, mode
    report = lake.ingest(path, "amplitude")
    assert (report.status, report.loaded, report.duplicate) == ("loaded", 6, 1)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("point", [p for p in failpoints.POINTS if p not in BEFORE_COMMIT])
def test_case_116_a_failure_after_the_commit_takes_nothing_back(lake, make, killer, point, mode):
    path = two_files(lake, make)
    fail(lake, path, point, mode, killer)
    assert len(lake.rows("amplitude.events")) == 10
    report = lake.ingest(path, "amplitude")
    assert (report.status, report.duplicate) == ("duplicate", 7)
    counts = [(load.loaded, load.duplicate) for load in lake.loads().values()]
    assert counts == [(3, 0), (6, 1)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_case_029_a_really_full_disk_is_named_and_the_next_run_resumes(lake, make, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        paths = DataPaths(small / "data")
        first = lake.inbox / "a.json"
        first.write_bytes(make.many("amplitude", range(3)))
        assert ingest(paths, [FileRequest(first, "amplitude", "p")])[0].loaded == 3
        ballast = small / "ballast"
        second = lake.inbox / "b.json"
        second.write_bytes(make.many("amplitude", range(2, 2000)))
        steps = set()
        # Less and less room: the copy fails, then the staging, then the manifest, then nothing.
        for left in range(0, 3 * 1024**2, 192 * 1024):
            free = os.statvfs(small).f_bavail * os.statvfs(small).f_frsize
            ballast.write_bytes(b"x" * max(free - left, 0))
            try:
                report = ingest(paths, [FileRequest(second, "amplitude", "p")])[0]
            except DiskFull as full:
                steps.add(type(full.__cause__).__name__)
            else:
                assert (report.loaded, report.duplicate) == (1997, 1)
                break
            finally:
                ballast.unlink()
            assert recount(paths, "amplitude") == {1: (3, 0)}
        else:
            raise AssertionError("there was room in the end")
        assert steps
        assert sum(pair[0] for pair in recount(paths, "amplitude").values()) == 2000
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


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
