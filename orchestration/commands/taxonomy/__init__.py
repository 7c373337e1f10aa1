"""productops taxonomy: everything that is done with the tracking plan, one module per action.

Knows: the list of actions. Each is a module of this package with `configure(parser)` and `execute(arguments, settings)`.
Must not know what any action does.
"""

from __future__ import annotations

import argparse
import importlib

from orchestration.settings import Settings

# One line per action; its module has the same name.
ACTIONS = {
    "check": "lint the plan: each finding with file, line and a fix",
    "coverage": "compare the plan with what arrived",
    "diff": "what changed, and whether each event's version says so",
    "digest": "what is new among the violations, for each owner",
    "infer": "draft entries for what arrives unplanned, from what was observed",
    "schema": "the form of the plan's files as JSON Schema, for editors",
    "wrappers": "typed tracking functions for Python or TypeScript",
}

EXAMPLES = """examples:
  productops taxonomy check       names, owners, aliases, rules: each finding with file and line
  productops taxonomy coverage    planned and unplanned events in the published version
  productops taxonomy diff main   what changed since main; exit 1 when a breaking change lacks its version
  productops taxonomy infer --out /tmp/plan   draft what arrives unplanned, to correct and move into the plan
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of every action."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(ACTIONS))
    for name, text in ACTIONS.items():
        module = importlib.import_module(f"{__name__}.{name}")
        module.configure(actions.add_parser(name, help=text, description=text))


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the action; its exit code is the command's."""
    module = importlib.import_module(f"{__name__}.{arguments.action}")
    return int(module.execute(arguments, settings))
