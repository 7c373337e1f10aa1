"""productops build: all of run but the ingest."""

from __future__ import annotations

import argparse

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops build        after editing company files or models
"""


def configure(parser: argparse.ArgumentParser) -> None:
    from orchestration.commands import run

    run.configure(parser)


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from orchestration.commands import run

    return run.execute(arguments, settings, ingest=False)
