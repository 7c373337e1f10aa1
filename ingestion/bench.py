"""What the threads of one call share while they read: one DuckDB and the workers that stage.

Knows: threads, memory and when to stop. Must not know: files, sources or tables.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingestion.landing import DataPaths
from ingestion.rawzone import connect

if TYPE_CHECKING:
    import duckdb

    from ingestion.stage import Staged

WORKERS = 2
_MEMORY = "640MB"  # of all queries that run side by side


class Stopped(Exception):
    """The call has ended while the file was read ahead."""


class Bench:
    """Worker threads with one DuckDB, kept for all files of one call."""

    def __init__(self, paths: DataPaths) -> None:
        self.paths = paths
        self._local = threading.local()
        self._opened: list[duckdb.DuckDBPyConnection] = []  # the first is the engine's own
        self._pool: ThreadPoolExecutor | None = None
        self._turn, self._read, self._opening = (threading.Lock() for _ in range(3))
        self._is_stopped = False
        self._files = 0

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        # The engine lives, with its memory, as long as one of them is open.
        for con in self._opened:
            con.close()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """This thread's own connection. The thread runs its queries alone, so that rows keep the order of lines."""
        con: duckdb.DuckDBPyConnection | None = getattr(self._local, "con", None)
        if con is None:
            with self._opening:
                if not self._opened:
                    self._opened.append(connect(self.paths, memory=_MEMORY, threads=1))
                con = self._opened[0].cursor()
                self._opened.append(con)
            con.execute("set timezone = 'UTC'")
            self._local.con = con
        return con

    def submit(self, work: Callable[[], Staged]) -> Future[Staged]:
        """Begins the work on one of the workers."""
        with self._turn:
            return self._workers().submit(work)

    def _workers(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="stage")
        return self._pool

    def warm_up(self) -> None:
        """Begins the engine while the first lines are read; it takes as long as to read twenty megabytes of them."""
        with self._turn:
            self._workers().submit(self.connection)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Around all that is done with one file: files that are at work side by side share the workers."""
        with self._turn:
            self._files += 1
        try:
            yield
        finally:
            with self._turn:
                self._files -= 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Around the reading of one file, one at a time.

        Reading is mostly Python's own work, typing is not: one file that is read and one that is typed keep two
        cores busy, two that are read wait for each other at every step.
        """
        with self._read:
            yield

    @property
    def most_waiting(self) -> int:
        """How many batches of one file may be staged or wait for it."""
        return max((WORKERS + 1) // max(self._files, 1), 1)

    def stop(self) -> None:
        """Lets every file that is being read end soon; nothing of it will be committed."""
        self._is_stopped = True

    def go_on(self) -> None:
        """Raises Stopped once nobody waits for the files any more."""
        if self._is_stopped:
            raise Stopped
