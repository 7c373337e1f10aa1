"""A process that keeps what it has imported and runs each call in a fork of itself: a call costs what it does, not imports.

Knows how to fork for a call, give the fork its caller's streams, and tell how it ended (negative: the signal). What a call
had to import is imported here as well, for the calls to come; nothing else is done here, since Polars and DuckDB start
threads at work, and a fork of a process with threads may wait for ever. Must not know what is called.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CLONE = Path(__file__).resolve().parents[2]
PRODUCTOPS = "orchestration.cli:main"
# What another program is given for `productops`: it hands its words and streams over and ends as the fork ends.
CLIENT = """\
import json, os, socket, sys
caller = socket.socket(socket.AF_UNIX)
caller.connect(sys.argv[1])
order = {"words": sys.argv[2:], "environment": dict(os.environ), "cwd": os.getcwd()}
socket.send_fds(caller, [json.dumps(order).encode() + b"\\n"], [0, 1, 2])
sys.exit(int(caller.makefile().readline()))
"""


class Warm:
    """The process, as a test sees it."""

    def __init__(
        self, *modules: str, path: Sequence[Path] = (CLONE,), environment: Mapping[str, str] = {}
    ) -> None:
        """`modules`, found in the folders of `path`, are imported before the first call."""
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")  # a socket's path must be short
        self.address = str(Path(self._folder.name) / "door")
        self._process = subprocess.Popen(
            [sys.executable, __file__, self.address, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=path[0],
            env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(map(str, path))},
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def call(
        self,
        *words: str,
        environment: Mapping[str, str],
        cwd: Path,
        program: str = PRODUCTOPS,
        **more: Any,
    ) -> subprocess.CompletedProcess[str]:
        """Run a function of a module with these words; `kill_after` (seconds) kills it."""
        order = {"words": words, "environment": dict(environment), "cwd": str(cwd)}
        with (
            open(os.devnull) as nothing,
            tempfile.TemporaryFile() as said,
            tempfile.TemporaryFile() as told,
            socket.socket(socket.AF_UNIX) as caller,
        ):
            caller.connect(self.address)
            text = json.dumps({**order, "program": program, **more}).encode() + b"\n"
            socket.send_fds(caller, [text], [s.fileno() for s in (nothing, said, told)])
            code = int(caller.makefile().readline())
            texts = []
            for stream in (said, told):
                stream.seek(0)
                texts.append(stream.read().decode("utf-8", "replace"))
        return subprocess.CompletedProcess(words, code, *texts)

    def executable(self) -> Path:
        """A file to run in place of `productops`."""
        folder = Path(self._folder.name)
        (folder / "client.py").write_text(CLIENT)
        words = [sys.executable, "-IS", str(folder / "client.py"), self.address]
        (folder / "productops").write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        (folder / "productops").chmod(0o755)
        return folder / "productops"

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(30) == 0
        self._process.stdout.close()
        self._folder.cleanup()


def serve(address: str) -> None:
    """Take one call after the other until nobody holds our input open any more."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        print("ready", flush=True)
        while True:
            if sys.stdin in select.select([door, sys.stdin], [], [])[0]:
                return
            caller, _ = door.accept()
            with caller:
                text, streams, _, _ = socket.recv_fds(caller, 1 << 20, 3)
                while not text.endswith(b"\n"):
                    text += caller.recv(1 << 20)
                code = in_a_fork(json.loads(text), streams)
                for stream in streams:
                    os.close(stream)
                caller.sendall(f"{code}\n".encode())


def in_a_fork(order: dict[str, Any], streams: list[int]) -> int:
    gc.freeze()  # else the fork's collections copy every page
    with tempfile.NamedTemporaryFile("r") as imported:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                for number, stream in enumerate(streams):
                    os.dup2(stream, number)
                before = set(sys.modules)
                code = obey(order)
                Path(imported.name).write_text(json.dumps(sorted(set(sys.modules) - before)))
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            except BaseException:
                traceback.print_exc()
            finally:
                with contextlib.suppress(OSError):  # the caller may be gone
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        for name in json.loads(imported.read() or "[]"):
            with contextlib.suppress(ImportError, AttributeError):
                importlib.import_module(name)
    return code


def obey(order: dict[str, Any]) -> int:
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["cwd"])
    module, _, name = order.get("program", PRODUCTOPS).partition(":")
    sys.argv = [name, *order["words"]]
    if "kill_after" in order:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process on the spot
        signal.setitimer(signal.ITIMER_REAL, order["kill_after"])
    return int(getattr(importlib.import_module(module), name)() or 0)


if __name__ == "__main__":
    from orchestration.cli import _start_quickly

    _start_quickly()
    for module in sys.argv[2:]:
        importlib.import_module(module)
    serve(sys.argv[1])
