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
    from ingestion.demo import generate
    from orchestration.commands import run
    from orchestration.errors import CommandError

    if (
        settings.company_dir.exists()
        and any(settings.company_dir.iterdir())
        and not _is_demo(settings)
    ):
        raise CommandError(
            "COMPANY_NOT_EMPTY",
            f"{settings.company_dir} holds a company already",
            "the demo writes its own declarations and never over yours",
            "PRODUCTOPS_COMPANY=demo/company PRODUCTOPS_DATA=demo/data productops demo",
        )
    if not _is_demo(settings):
        if not (settings.company_dir / "settings.yml").exists():
            init(settings.company_dir, "demo")
        print("demo: writing exports", file=sys.stderr)
        generate(settings.company_dir, settings.paths.landing, arguments.events, arguments.seed)
    return run.execute(arguments, settings)


def _is_demo(settings: Settings) -> bool:
    """The demo was made here before; making it again would change its numbers."""
    return (settings.company_dir / "demo_truths.json").exists()
