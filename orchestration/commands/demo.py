"""productops demo: make the demo company, its exports, and run the pipeline on them."""

from __future__ import annotations

import argparse
import sys

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops demo                          a year of a company, about a million events
  productops demo --events 20000 --seed 7  a small one, about a minute
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--events",
        type=int,
        default=1_000_000,
        metavar="N",
        help="about so many events (default: 1000000)",
    )
    parser.add_argument(
        "--seed", type=int, default=7, metavar="S", help="the same seed gives the same company"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from ingestion.company import init
    from ingestion.demo import KEY_FILE, generate, is_demo
    from orchestration.commands import run
    from orchestration.errors import CommandError

    company = settings.company_dir
    if company.exists() and any(company.iterdir()) and not is_demo(company):
        raise CommandError(
            "COMPANY_NOT_EMPTY",
            f"{company} holds a company already",
            "the demo writes its own declarations and never over yours",
            "PRODUCTOPS_COMPANY=demo/company PRODUCTOPS_DATA=demo/data productops demo",
        )
    # The key is written last: with it the demo is complete, and making it again would change its numbers.
    if not (company / KEY_FILE).exists():
        if not (company / "settings.yml").exists():
            init(company, "demo")
        print("demo: writing exports", file=sys.stderr)
        generate(company, settings.paths.landing, arguments.events, arguments.seed)
    return run.execute(arguments, settings)
