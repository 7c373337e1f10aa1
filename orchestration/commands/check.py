"""`productops check`: what analysts want to hear before anyone else does, with file and line."""

from __future__ import annotations

import argparse
import json
import sys

from orchestration.errors import CommandError
from orchestration.settings import Settings

EXAMPLES = """examples:
  productops check            models, questions and company files
  productops check --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """0, or 1 when something is found."""
    from orchestration import declaration_lint

    found = declaration_lint.findings(settings.company_dir)
    if arguments.json:
        print(json.dumps({"findings": found}))
    else:
        print("\n".join(found))
    if found:
        raise CommandError(
            "CHECK",
            f"{len(found)} finding{'s' if len(found) > 1 else ''} in models, questions or company files",
            "each line above names file, line and what is wrong",
            "correct them and run `productops check` again; docs/extend.md has a recipe for each kind",
        )
    print("models, questions and company files are in order", file=sys.stderr)
    return 0
