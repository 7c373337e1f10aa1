"""productops taxonomy wrappers: typed functions for the plan's events, in the language of whoever sends them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from orchestration.errors import FAILURE, OK, CommandError, usage_error
from orchestration.settings import Settings

LANGUAGES = ("python", "typescript")


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the action."""
    parser.add_argument("--language", required=True, choices=LANGUAGES)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write it there (default: print it)"
    )
    parser.add_argument("--source", help="only what this source is asked for")
    parser.add_argument("--platform", help="only events that this platform sends")
    parser.add_argument(
        "--check", action="store_true", help="write nothing, exit 1 when the file is not the plan's"
    )


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """0, or 1 when --check finds another file than the plan would give."""
    from ingestion.company import load
    from ingestion.tracking_plan.wrappers import LANGUAGES as WRITERS
    from ingestion.tracking_plan.wrappers import NameCollision, choose

    if arguments.check and arguments.out is None:
        raise usage_error(
            "--check needs --out", "it compares that file with the plan", "--out FILE"
        )
    chosen = choose(load(settings.company_dir).plan, arguments.source, arguments.platform)
    try:
        text = WRITERS[arguments.language](chosen)
    except NameCollision as error:
        raise CommandError(
            "NAME_COLLISION",
            str(error),
            "one of the two functions or arguments would be lost; nothing was written",
            "rename one of them in the tracking plan, and keep its old name in `seen_as`",
            see="docs/taxonomy.md",
        ) from error
    if arguments.out is None:
        print(text, end="")
        return OK
    file: Path = arguments.out
    if arguments.check:
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            return OK
        print(f"{file}:1: is not what the plan says now; write it anew without --check")
        return FAILURE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {len(chosen.events)} events to {file}", file=sys.stderr)
    return OK
