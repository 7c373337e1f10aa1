"""productops verify: find the truths planted in the demo company."""

from __future__ import annotations

import argparse

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops verify          after productops demo
  productops verify --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from orchestration.verify import main

    return int(main(settings, arguments.json))
