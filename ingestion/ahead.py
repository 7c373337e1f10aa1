"""Begins the next files while one is committed, so that both cores are at work.

Knows: when that is worth it, and how far ahead to go. Must not know: what is done with a file.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ingestion.bench import Bench
from ingestion.prepare import Prepared
from ingestion.spec import FileRequest

READERS = 3  # one file is read at a time, while others are typed or made durable
AHEAD = 4  # files that may wait, read, for their turn
WORTH = 4 * 1024**2  # less than this is read before threads have started
_TIMES = 20  # what a file may need on the disk while it is read, in sizes of its own
_SPARE = 1024**3

Begin = Callable[[FileRequest], Callable[[], Prepared]]


def in_order(
    root: Path, requests: Sequence[FileRequest], begin: Begin, bench: Bench
) -> Generator[tuple[FileRequest, Callable[[], Prepared]]]:
    """Each file with what waits for it or does it; `begin` is asked in the order of files."""
    sizes = [_size(request.path) for request in requests]
    if len(requests) < 2 or sum(sizes) < WORTH or not _has_room(root, sizes):
        for request in requests:
            yield request, begin(request)
        return
    bench.warm_up()
    waiting: deque[tuple[FileRequest, Future[Prepared]]] = deque()
    with ThreadPoolExecutor(READERS, thread_name_prefix="read") as pool:
        try:
            for request in requests:
                waiting.append((request, pool.submit(begin(request))))
                if len(waiting) > READERS + AHEAD - 1:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        finally:
            bench.stop()
            for _, future in waiting:
                if not future.cancel() and future.exception() is None:
                    future.result().discard()


def _next(
    waiting: deque[tuple[FileRequest, Future[Prepared]]],
) -> tuple[FileRequest, Callable[[], Prepared]]:
    request, future = waiting[0]

    def taken() -> Prepared:
        try:
            return future.result()
        finally:
            waiting.popleft()

    return request, taken


def _size(path: Path) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:  # gone since; its reading says so
        return 0


def _has_room(root: Path, sizes: Sequence[int]) -> bool:
    """False where files that are read ahead could take the room that the one before them needs."""
    root.mkdir(parents=True, exist_ok=True)
    largest = sum(sorted(sizes)[-READERS - AHEAD :])
    return shutil.disk_usage(root).free > _SPARE + _TIMES * largest
