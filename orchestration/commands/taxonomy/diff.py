"""productops taxonomy diff: what changed between two plans, and whether each event's version says so."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from orchestration.errors import FAILURE, OK, printable
from orchestration.settings import Settings

if TYPE_CHECKING:
    from ingestion.tracking_plan.versions import EventDiff


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the action."""
    parser.add_argument(
        "before",
        nargs="?",
        default="HEAD",
        metavar="A",
        help="the older plan: a folder, or a Git revision (default HEAD)",
    )
    parser.add_argument(
        "after",
        nargs="?",
        metavar="B",
        help="the newer plan: a folder, or a Git revision (default the files as they are)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """0, or 1 when a change breaks others and the event's version does not say so."""
    from ingestion.tracking_plan.versions import breaking, compare
    from orchestration.plan_revisions import plan_at, working_plan

    before = plan_at(arguments.before, settings.company_dir)
    after = (
        plan_at(arguments.after, settings.company_dir)
        if arguments.after
        else working_plan(settings.company_dir)
    )
    diffs = compare(before, after)
    broken = breaking(diffs)
    code = FAILURE if broken else OK
    if arguments.json:
        document = {
            "before": arguments.before,
            "after": arguments.after,
            "breaking": len(broken),
            "events": [_as_dict(diff) for diff in diffs],
        }
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return code
    for diff in diffs:
        _show(diff)
    said = "the plans say the same" if not diffs else f"{len(diffs)} changed, {len(broken)} of them breaking without its version"  # fmt: skip
    print(said, file=sys.stderr)
    return code


def _show(diff: EventDiff) -> None:
    versions = " -> ".join(version or "none" for version in (diff.before, diff.after))
    verdict = "breaking" if diff.is_breaking else diff.demanded
    name = f"{diff.event} {versions}" if diff.event else "the whole plan"
    fix = f"; {diff.fix}" if diff.fix else ""
    print(printable(f"{verdict:<8} {diff.file}:{diff.line}: {name}{fix}"))
    for change in diff.changes:
        print(printable(f"         {change.file}:{change.line}: {change.demands}: {change.what}"))


def _as_dict(diff: EventDiff) -> dict[str, object]:
    return {
        "event": diff.event or None,
        "before": diff.before,
        "after": diff.after,
        "demanded": diff.demanded,
        "breaking": diff.is_breaking,
        "fix": diff.fix or None,
        "file": str(diff.file),
        "line": diff.line,
        "changes": [
            {
                "kind": change.kind,
                "property": change.property or None,
                "demands": change.demands,
                "what": change.what,
                "file": str(change.file),
                "line": change.line,
            }
            for change in diff.changes
        ],
    }
