"""Files that are read side by side: nobody can tell from what is committed, and stopping leaves a whole beginning."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from ingestion import ahead, failpoints
from ingestion.load import FileRequest, ingest, recover
from ingestion.manifest import Manifest
from ingestion.numbers import Numbers
from ingestion.parts import even_size
from ingestion.spec import SLICE_BYTES

FILES = 7
ALONE: list[tuple] = []


@pytest.fixture
def eager(monkeypatch):
    """Reads ahead however little there is to read."""
    monkeypatch.setattr(ahead, "WORTH", 0)


def delivered(lake, make) -> list[FileRequest]:
    """Files that overlap, repeat each other, are refused, hold broken lines, or replace one of their name."""
    contents = {
        "a/1.json": make.many("amplitude", range(6)),
        "a/2.json": make.many("amplitude", range(3, 9)) + b'{"broken\n',
        "a/3.json": b"<html>login",
        "a/4.json": make.many("amplitude", range(6)),
        "a/5.json": make.many("amplitude", range(12, 20)),
        "b/5.json": make.many("amplitude", range(12, 21)),
        "b/6.json": make.many("amplitude", range(2)) + make.many("amplitude", range(30, 33)),
    }
    requests = []
    for name, data in contents.items():
        path = lake.inbox / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        requests.append(FileRequest(path, "amplitude", "p"))
    assert len(requests) == FILES
    return requests


def told(lake) -> list[tuple]:
    """What the manifest says of files and loads, in order; the numbers themselves may leave gaps."""
    with Manifest(lake.paths.manifest) as manifest:
        files = manifest.rows(
            "select file_name, status, duplicate_of is not null from files order by file_id"
        )
        loads = manifest.rows(
            "select file_name, state, rows, loaded, duplicate, superseded, quarantined from loads order by load_id"
        )
    return [tuple(row) for row in (*files, *loads)]


def without_a_trace(lake) -> bool:
    """Nothing is left of files that were read and not committed."""
    return not [*lake.paths.tmp.glob("claim-*"), *(lake.paths.raw / ".staging").glob("*")]


@pytest.fixture
def one_by_one(lake, make, tmp_path_factory, monkeypatch):
    """What the same files become when each is read after the one before; found out once."""
    if not ALONE:
        alone = type(lake)(tmp_path_factory.mktemp("alone"))
        with monkeypatch.context() as patch:
            patch.setattr(ahead, "WORTH", 1 << 60)
            ingest(alone.paths, delivered(alone, make))
        ALONE.extend(told(alone))
    return ALONE


@pytest.mark.parametrize("seed", range(2))
def test_what_is_read_side_by_side_is_committed_in_order(lake, make, eager, one_by_one, seed):
    chance, names = random.Random(seed), set()

    def hook(point: str) -> None:
        names.add(threading.current_thread().name[:4])
        time.sleep(chance.random() / 50)

    failpoints.arm(hook)
    try:
        reports = ingest(lake.paths, delivered(lake, make))
    finally:
        failpoints.disarm()
    assert "read" in names and "Main" in names
    statuses = ["loaded", "partial", "rejected", "duplicate", "loaded", "loaded", "loaded"]
    assert [report.status for report in reports] == statuses
    assert told(lake) == one_by_one
    assert without_a_trace(lake)
    lake.check()


@pytest.mark.parametrize("point", failpoints.POINTS)
def test_a_failure_takes_back_what_was_read_ahead(lake, make, eager, one_by_one, point):
    requests, reached = delivered(lake, make), []

    def hook(name: str) -> None:
        if name == point:
            reached.append(name)
            if len(reached) == (1 if point == "recount" else 4):
                raise RuntimeError("stopped by the test")

    failpoints.arm(hook)
    try:
        with pytest.raises(RuntimeError, match="stopped by the test"):
            ingest(lake.paths, requests)
    finally:
        failpoints.disarm()
    assert without_a_trace(lake)
    recover(lake.paths)
    lake.check()
    with Manifest(lake.paths.manifest) as manifest:
        names = [row[0] for row in manifest.rows("select path from files order by file_id")]
    assert names == [str(request.path) for request in requests[: len(names)]]
    ingest(lake.paths, requests[len(names) :])
    assert told(lake) == one_by_one
    lake.check()


KILLED = """
import os, random, signal, sys, threading
from pathlib import Path
from ingestion import ahead, failpoints, load
from ingestion.landing import DataPaths
ahead.WORTH = 0
left = [int(sys.argv[2])]
def hook(reached):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
failpoints.arm(hook)
load.ingest(DataPaths(Path(sys.argv[1])), [load.FileRequest(Path(p), "amplitude", "p") for p in sys.argv[3:]])
"""


@pytest.mark.parametrize("after", [9, 38])
def test_a_kill_while_files_are_read_ahead_leaves_a_beginning(lake, make, eager, after):
    requests = delivered(lake, make)
    paths = [str(request.path) for request in requests]
    command = [sys.executable, "-c", KILLED, str(lake.paths.root), str(after), *paths]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    recover(lake.paths)
    assert without_a_trace(lake)
    lake.check()
    with Manifest(lake.paths.manifest) as manifest:
        done = [row[0] for row in manifest.rows("select path from files order by file_id")]
    assert done == paths[: len(done)]
    ingest(lake.paths, requests)
    lake.check()
    assert len(lake.winners("amplitude.events", "_identity", "server_upload_time")) == 21


def test_numbers_of_loads_keep_the_order_of_files():
    given = {"file": 0, "load": 0}

    def reserve(name: str) -> int:
        given[name] += 1
        return given[name]

    numbers = Numbers(reserve)
    first, second, third = (numbers.of_next_file() for _ in range(3))
    assert [first.file_id, second.file_id, third.file_id] == [1, 2, 3]
    first.expect(2)
    second.end()
    taken_first = first.next_load()
    third.expect(1)
    taken_third = third.next_load()  # the second brings none, the first may still bring one
    assert taken_first < first.next_load() < taken_third


def test_a_file_waits_for_the_one_before_to_know_what_it_brings():
    given = iter(range(1, 100))
    numbers = Numbers(lambda _: next(given))
    first, second = numbers.of_next_file(), numbers.of_next_file()
    taken: list[int] = []
    waiting = threading.Thread(target=lambda: taken.append(second.next_load()))
    waiting.start()
    time.sleep(0.05)
    assert taken == []
    first.expect(1)
    waiting.join(5)
    assert first.next_load() < taken[0]


@pytest.mark.parametrize("megabytes", [0, 5, 31, 33, 41, 65, 4096])
def test_the_parts_of_a_file_are_alike_and_never_too_large(megabytes):
    size = megabytes * 1024**2
    part = even_size(size)
    assert SLICE_BYTES // 2 <= part <= SLICE_BYTES
    count, rest = divmod(size, part)
    assert count < 2 or rest == 0 or rest > part * 0.99
