"""productops init: write a commented company folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops init                  a commented company folder at PRODUCTOPS_COMPANY
  productops init --demo company   the demo company's declarations
"""


def configure(parser: argparse.ArgumentParser) -> None:
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--empty", action="store_true", help="settings with defaults, nothing declared (default)"
    )
    kind.add_argument("--demo", action="store_true", help="the demo company")
    parser.add_argument(
        "directory", nargs="?", type=Path, metavar="DIR", help="default: PRODUCTOPS_COMPANY"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from ingestion.company import init

    written = init(
        arguments.directory or settings.company_dir, "demo" if arguments.demo else "empty"
    )
    if arguments.json:
        print(json.dumps({"written": [str(path) for path in written]}, indent=1))
    else:
        for path in written:
            print(path)
    return 0
