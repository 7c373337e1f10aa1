"""productops taxonomy schema: the form of the plan's files as JSON Schema, for editors."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from orchestration.errors import OK
from orchestration.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the action."""
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write it there (default: print it)"
    )


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """Always the schema of this version of the product."""
    from orchestration.plan_reference import schema_text

    text = schema_text()
    if arguments.out is None:
        print(text, end="")
        return OK
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text, encoding="utf-8")
    print(f"wrote {arguments.out}", file=sys.stderr)
    return OK
