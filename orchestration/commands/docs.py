"""`productops docs`: write the generated reference pages, or say which are stale."""

from __future__ import annotations

import argparse
import sys

from orchestration.errors import CommandError
from orchestration.settings import Settings

EXAMPLES = """examples:
  productops docs             write docs/reference from contracts, catalogue and reason codes
  productops docs --check     fail when a page is not what the declarations say
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """0, or 1 when --check finds a stale page."""
    from orchestration import reference

    if not arguments.check:
        reference.write()
        print(f"wrote {len(reference.files())} files", file=sys.stderr)
        return 0
    if found := reference.stale():
        raise CommandError(
            "DOCS_STALE",
            "generated files are behind the declarations: "
            + ", ".join(str(path.relative_to(reference.CLONE)) for path in found),
            "a contract, question, reason code, command or model changed",
            "make docs, then commit the pages",
        )
    return 0
