"""The command line: parse, find the command, turn every failure into four lines and an exit code.

Knows the list of commands and the exit codes. Each command is a module of `orchestration.commands`, imported only when
it is called, so that help stays quick. Must not know what any command does.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import logging
import shutil
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from types import FrameType, ModuleType
from typing import NoReturn

from orchestration.errors import (
    FAILURE,
    INTERRUPTED,
    USAGE,
    CommandError,
    nearest,
    printable,
    usage_error,
)
from orchestration.settings import Settings, SettingsError, arm_failpoint, load_settings

COMMANDS = {
    "demo": "make the demo company, its exports, and run the pipeline on them",
    "init": "write a commented company folder",
    "ingest": "read export files into the raw zone",
    "run": "ingest what is new, build, gate, publish, take due snapshots",
    "build": "all of run but the ingest",
    "ask": "answer a question, by its id or in plain words",
    "serve": "open the dashboards on this machine",
    "dev": "Dagster's own pages beside the dashboards",
    "snapshot": "write the report of a week, a month or a quarter",
    "status": "what is published and what every source delivered",
    "doctor": "look for what commonly goes wrong on a machine",
    "quarantine": "list, show and replay refused records",
    "check": "look for mistakes in models, questions and company files",
    "docs": "write the generated reference pages",
    "taxonomy": "check the tracking plan and its coverage",
    "publish": "history of published versions, and rollback",
    "verify": "find the truths planted in the demo company",
}

EXAMPLES = """examples:
  productops demo                                   a company, its exports, a first run
  productops ingest export.zip --source amplitude   read one export
  productops run                                    everything that is due
  productops ask retention --param unit=week        a governed number
  productops ask "what was retention last month?"
"""


class _Parser(argparse.ArgumentParser):
    """argparse with examples first, and errors in our own form."""

    examples: str = ""

    def format_help(self) -> str:
        return (
            f"{self.examples}\n{super().format_help()}" if self.examples else super().format_help()
        )

    def error(self, message: str) -> NoReturn:
        raise usage_error(message, "the arguments do not fit the command", f"{self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is the documented one."""
    if argv is None:  # a process of our own
        _start_quickly()
    words = list(sys.argv[1:] if argv is None else argv)
    wants_json = "--json" in words or "--format=json" in words
    settings: Settings | None = None
    try:
        if not words or words[0] in ("-h", "--help", "help"):
            print(_overview())
            return 0 if words else USAGE
        if words[0] == "--version":
            from importlib.metadata import version

            print(version("productops-warehouse"))
            return 0
        module = _command(words[0])
        parser = _Parser(prog=f"productops {words[0]}", description=COMMANDS[words[0]])
        parser.examples = module.EXAMPLES
        module.configure(parser)
        arguments = parser.parse_args(words[1:])
        settings = load_settings()
        logging.basicConfig(level=settings.log_level, stream=sys.stderr, format="%(message)s")
        signal.signal(signal.SIGTERM, _interrupt)
        arm_failpoint(settings)
        return int(module.execute(arguments, settings))
    except CommandError as error:
        return _explain(error, wants_json)
    except SettingsError as error:
        return _explain(
            CommandError(
                "SETTINGS",
                str(error),
                "an environment variable",
                "correct or unset it",
                exit_code=USAGE,
            ),
            wants_json,
        )
    except KeyboardInterrupt:
        print(
            "INTERRUPTED: stopped at a safe point; run the same command again to continue",
            file=sys.stderr,
        )
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILURE
    except Exception as error:  # the last fence: nobody is shown a traceback first
        return _explain(_from_unexpected(error, settings), wants_json)


def _start_quickly() -> None:
    """Spare a command what it never needs: seconds of CPU time, on each call.

    Pandas: DuckDB imports it at its first bound parameter (half a second), only to ask whether the value is one of pandas'
    own, and none of ours is; Streamlit and Great Expectations run in processes of their own. Collecting garbage every
    700 objects: an import makes objects that stay, and to look through them again and again is a quarter of its time.
    """
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]
    gc.set_threshold(100_000, 20, 50)


def _overview() -> str:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {what}" for name, what in COMMANDS.items())
    return (
        f"{EXAMPLES}\nusage: productops COMMAND [--json] …\n\ncommands:\n{listed}\n\n"
        "productops COMMAND --help says more. Exit codes: 0 ok, 1 failure, 2 usage, 3 held by a gate, 4 partial, "
        "75 busy, 130 interrupted."
    )


def _command(name: str) -> ModuleType:
    if name not in COMMANDS:
        near = nearest(name, COMMANDS)
        raise usage_error(
            f"there is no command {name!r}" + (f"; did you mean `{near}`?" if near else ""),
            f"the commands are {', '.join(COMMANDS)}",
            f"productops {near or '--help'}",
        )
    return importlib.import_module(f"orchestration.commands.{name}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _explain(error: CommandError, wants_json: bool) -> int:
    print(printable(str(error)), file=sys.stderr)
    if wants_json and error.exit_code != USAGE:
        print(json.dumps({"error": error.as_dict()}))
    return error.exit_code


def _from_unexpected(error: Exception, settings: Settings | None) -> CommandError:
    """Any exception as an error of ours; the traceback goes to a log file.

    Rooms below raise their own exceptions with a `code`, `why` or `fix`; what they lack is filled in here.
    """
    if isinstance(error, OSError) and error.errno == 28:
        told = str(error.strerror).removeprefix("DISK_FULL: ")
        here = f"no space left while writing {error.filename or 'the data folder'}"
        free = shutil.disk_usage(settings.data_dir).free if settings else 0
        return CommandError(
            "DISK_FULL",
            told if getattr(error, "code", None) else f"{here}; {free} bytes are free",
            "the disk is full; what was published before is untouched",
            "free space, then run the same command again",
        )
    if isinstance(error, PermissionError):
        return CommandError(
            "PERMISSION_DENIED",
            f"cannot use {error.filename}",
            str(error.strerror),
            f"give this user read and write access to {error.filename}",
        )
    if (
        type(error).__name__ == "CompanyError"
    ):  # by name: ingestion is not imported for a command that needs none of it
        return CommandError(
            "COMPANY",
            str(error),
            "the company's declarations cannot be used; nothing was changed",
            "correct the named line, then productops taxonomy check",
        )
    logged = _log_traceback(error, settings)
    return CommandError(
        code=str(getattr(error, "code", None) or "UNEXPECTED"),
        what=str(error).strip() or type(error).__name__,
        why=str(getattr(error, "why", None) or f"{type(error).__name__}; details in {logged}"),
        fix=str(
            getattr(error, "fix", None)
            or "run the same command again; if it fails again, report the log file"
        ),
    )


def _log_traceback(error: Exception, settings: Settings | None) -> str:
    import traceback

    if settings is None:
        return "no log: the settings could not be read"
    try:
        settings.logs_dir.mkdir(parents=True, exist_ok=True)
        file = settings.logs_dir / f"error-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.log"
        file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError as unwritable:
        return f"no log: {unwritable}"
    return str(file)


if __name__ == "__main__":
    sys.exit(main())
