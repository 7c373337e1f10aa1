"""productops taxonomy digest: what is new among the violations, for each owner."""

from __future__ import annotations

import argparse
import json
import sys

from orchestration.errors import OK, CommandError, nearest, printable, usage_error
from orchestration.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the action."""
    parser.add_argument(
        "--since",
        metavar="VERSION|DATE",
        help="a published version, or the day (2026-03-01) on which a violation was first seen; default: the version before",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """Prints the digest of the current version; a run writes the same to data/digests/VERSION/."""
    from datetime import date

    from dashboards.published import NoVersion
    from ingestion.tracking_plan.digest import markdown
    from orchestration import digests, versions

    kept = [version.id for version in versions.history(settings.paths.published)]
    if arguments.since and arguments.since not in kept:
        try:
            date.fromisoformat(arguments.since)
        except ValueError as error:
            raise usage_error(
                f"{arguments.since!r} is neither a version that is kept nor a day",
                f"kept are {', '.join(kept) or 'none'}",
                f"productops taxonomy digest --since {nearest(arguments.since, kept) or '2026-03-01'}",
            ) from error
    try:
        found = digests.compare(settings, arguments.since)
    except NoVersion as error:
        raise CommandError(
            "NO_VERSION", str(error), "a digest is made of what is published", "productops run"
        ) from error
    if arguments.json:
        print(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
    else:
        print(printable(markdown(found)), end="")
    print(f"{len(found.items)} new, {found.known} known before", file=sys.stderr)
    return OK
