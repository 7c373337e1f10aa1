"""productops snapshot: write the report of a week, a month or a quarter."""

from __future__ import annotations

import argparse
import json

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops snapshot                     what is due
  productops snapshot --period 2026-W10   one week
  productops snapshot --period 2026-03    one month
  productops snapshot --period 2026-Q1    the quarterly report of product operations
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--period",
        help="a week (2026-W10), a month (2026-03) or a quarter (2026-Q1); none = what is due",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from dashboards.published import NoVersion
    from orchestration.errors import CommandError, usage_error
    from orchestration.snapshots import take_due, take_period

    try:
        taken = (
            [take_period(settings, arguments.period)] if arguments.period else take_due(settings)
        )
    except NoVersion as error:
        raise CommandError(
            "NO_VERSION", str(error), "a snapshot is made of a published version", "productops run"
        ) from error
    except ValueError as error:
        raise usage_error(
            str(error), "the period cannot be reported", "productops snapshot --period 2026-W10"
        ) from error
    if arguments.json:
        print(json.dumps({"taken": taken, "folder": str(settings.paths.snapshots)}, default=str))
    else:
        print("\n".join(taken) or "nothing is due")
    return 0
