"""The command line as a page: what argparse says of each command and of its actions.

Knows: the list of commands. Holds no text that a command could hold.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator

from orchestration.cli import COMMANDS


def parts() -> list[str]:
    """The lines of the page: what each command does, and the arguments of it and its actions."""
    lines = [
        "Data on stdout, messages on stderr. Exit codes: 0 ok, 1 failure, 2 usage, 3 held by a gate, 4 partial, 75 busy, 130 interrupted.",
        "",
    ]
    for name, what in COMMANDS.items():
        module = importlib.import_module(f"orchestration.commands.{name}")
        parser = argparse.ArgumentParser(
            prog=f"productops {name}",
            add_help=False,
            formatter_class=lambda prog: argparse.HelpFormatter(prog, width=100),
        )
        module.configure(parser)
        lines += [
            f"## `productops {name}`",
            "",
            what[:1].upper() + what[1:] + ".",
            "",
            "```",
            parser.format_help().strip(),
            "```",
            "",
        ]
        for action in _actions(parser):
            lines += ["```", action.format_help().strip(), "```", ""]
    return lines


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of a command's actions that have arguments of their own."""
    for action in parser._actions:  # argparse tells them in no other way
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                sub.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=100)
                if any(own.dest != "help" for own in sub._actions):
                    yield sub
