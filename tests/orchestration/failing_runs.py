"""A process that has imported everything and runs each order in a fork of itself, armed with a failpoint.

Run by test_crash_safety.py: a killed run costs what the run does, and not ten seconds of imports. Orders are lines of
JSON on stdin, `{"what": "prepare" | "run" | "publish", "environment": {...}, "warehouse", "published", "kill_after":
seconds}`; the answer is a line with the exit code (negative: the signal) and what the fork said.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration import expectations
from orchestration.cli import main
from orchestration.publish import publish
from orchestration.settings import arm_failpoint, load_settings

# The costly ones; the first fork tells the rest.
WHAT_A_RUN_IMPORTS = ("orchestration.definitions", "dbt.cli.main", "dbt.adapters.duckdb")


def obey(order: dict[str, Any]) -> int:
    os.environ.update(order["environment"])
    if "kill_after" in order:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process on the spot
        signal.setitimer(signal.ITIMER_REAL, order["kill_after"])
    if order["what"] == "publish":
        arm_failpoint(load_settings(order["environment"]))
        publish(Path(order["warehouse"]), Path(order["published"]), {"models": {}})
        return 0
    if "kill_after" in order:
        expectations._started.clear()  # it may be struck in the middle of an answer
    # Else the process that checks expectations is this one's, not the fork's; it answers one fork after the other.
    for checker in expectations._started:
        checker.poll = lambda: None  # type: ignore[method-assign]
    return main(["run", "--quiet"])


def in_a_fork(work: Callable[[], int]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                code = work()
            except BaseException as error:
                os.write(2, repr(error).encode())
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return {"code": code, "said": said.read().decode("utf-8", "replace")}


def prepare(order: dict[str, Any]) -> dict[str, Any]:
    """An undisturbed run in a fork; what it still had to import is then imported here, for the forks to come.

    Not a run in this process: Polars and DuckDB start threads, and a fork of a process with threads may wait for ever.
    """
    os.environ.update(order["environment"])
    expectations.prepare(load_settings())
    for name in WHAT_A_RUN_IMPORTS:
        importlib.import_module(name)
    with tempfile.NamedTemporaryFile("r") as list_of_modules:

        def run_and_tell() -> int:
            code = obey(order)
            Path(list_of_modules.name).write_text(json.dumps(sorted(sys.modules)))
            return code

        told = in_a_fork(run_and_tell)
        for name in json.load(list_of_modules) if told["code"] == 0 else ():
            with contextlib.suppress(ImportError, AttributeError):
                importlib.import_module(name)
    return told


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what is printed besides is no answer
    for line in sys.stdin:
        given = json.loads(line)
        if given["what"] == "prepare":
            told = prepare(given)
        else:
            told = in_a_fork(functools.partial(obey, given))
        answers.write(json.dumps(told) + "\n")
        answers.flush()
