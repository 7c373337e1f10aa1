"""productops publish: the history of published versions, and back to an older one."""

from __future__ import annotations

import argparse
import json
import sys

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops publish history
  productops publish rollback --yes            to the version before the current one
  productops publish rollback v000012 --yes
"""


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="history|rollback")
    history = actions.add_parser("history", help="versions, newest first")
    back = actions.add_parser("rollback", help="publish an old version's content as a new version")
    back.add_argument("version", nargs="?", help="default: the one before the current")
    back.add_argument("--yes", action="store_true", help="do not ask")
    for action in (history, back):
        action.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from orchestration import versions

    published = settings.paths.published
    if arguments.action == "history":
        found = versions.history(published)
        if arguments.json:
            print(json.dumps({"versions": [version.as_dict() for version in found]}, indent=1))
            return 0
        for version in found:
            mark = "*" if version.current else " "
            note = f" (content of {version.rolled_back_to})" if version.rolled_back_to else ""
            print(
                f"{mark} {version.id}  {version.created_at}  data through {version.data_through}{note}"
            )
        return 0
    return _rollback(arguments, settings)


def _rollback(arguments: argparse.Namespace, settings: Settings) -> int:
    from orchestration.errors import usage_error
    from orchestration.lock import writer_lock
    from orchestration.publish import rollback

    if not arguments.yes:
        if not sys.stdin.isatty():
            raise usage_error(
                "rollback changes what everyone sees", "it was not confirmed", "add --yes"
            )
        print(
            f"Readers will see the content of {arguments.version or 'the version before'}. Go on? [y/N] ",
            end="",
            file=sys.stderr,
        )
        if input().strip().lower() not in ("y", "yes"):
            return 0
    with writer_lock(settings.lock_file, "publish rollback"):
        version = rollback(settings.paths.published, arguments.version)
    print(json.dumps({"version": version}) if arguments.json else f"published {version}")
    return 0
